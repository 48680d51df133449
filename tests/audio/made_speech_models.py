"""Tiny models with the inputs, outputs and metadata of the real ones, so that adapters run for real. Needs `onnx`."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, numpy_helper, save

FLOAT, INT64 = TensorProto.FLOAT, TensorProto.INT64
PIPER_RATE = 16000
PIPER_SAMPLES_A_PHONEME = 256


def make_piper(folder: Path, *, n_speakers: int = 1) -> Path:
    """A Piper voice: 256 samples a phoneme id at speed 1; a speaker is louder than the one before."""
    wave = np.sin(2 * np.pi * np.arange(64) / 64).astype(np.float32)[None] * 0.004
    nodes = [
        helper.make_node("Cast", ["input"], ["ids"], to=FLOAT),
        helper.make_node("Transpose", ["ids"], ["column"], perm=[1, 0]),
        helper.make_node("MatMul", ["column", "wave"], ["once"]),
        helper.make_node("Gather", ["scales", "one"], ["length"]),
        helper.make_node("Mul", ["length", "four"], ["scaled"]),
        helper.make_node("Round", ["scaled"], ["rounded"]),
        helper.make_node("Cast", ["rounded"], ["n"], to=INT64),
        helper.make_node("Concat", ["one_long", "n"], ["repeats"], axis=0),
        helper.make_node("Tile", ["once", "repeats"], ["tiled"]),
        helper.make_node("Reshape", ["tiled", "shape"], ["flat"]),
        helper.make_node("Cast", ["sid"], ["speaker"], to=FLOAT)
        if n_speakers > 1
        else helper.make_node("Identity", ["zero"], ["speaker"]),
        helper.make_node("Add", ["speaker", "unit"], ["gain"]),
        helper.make_node("Mul", ["flat", "gain"], ["output"]),
    ]
    constants = {
        "wave": wave,
        "one": np.array([1], np.int64),
        "one_long": np.array([1], np.int64),
        "four": np.array([4], np.float32),
        "shape": np.array([1, 1, 1, -1], np.int64),
        "zero": np.array([0], np.float32),
        "unit": np.array([1], np.float32),
    }
    inputs = [
        helper.make_tensor_value_info("input", INT64, [1, "phonemes"]),
        helper.make_tensor_value_info("input_lengths", INT64, [1]),
        helper.make_tensor_value_info("scales", FLOAT, [3]),
        *([helper.make_tensor_value_info("sid", INT64, [1])] if n_speakers > 1 else []),
    ]
    path = folder / "en_US-tiny.onnx"
    _save(path, nodes, inputs, [helper.make_tensor_value_info("output", FLOAT, [1, 1, 1, "time"])], constants)
    marks = "_^$ !,.:;?'ˈˌ" + "abdefhijklmnoprstuvwzæðŋɐɑɔəɚɛɜɡɪɫɹʃʊʌʒθᵻː"
    config = {
        "audio": {"sample_rate": PIPER_RATE},
        "espeak": {"voice": "en-us"},
        "phoneme_type": "espeak",
        "phoneme_id_map": {mark: [index] for index, mark in enumerate(marks)},
        "num_speakers": n_speakers,
        "speaker_id_map": {f"speaker{i}": i for i in range(n_speakers)} if n_speakers > 1 else {},
        "inference": {"noise_scale": 0.667, "length_scale": 1.0, "noise_w": 0.8},
    }
    (folder / "en_US-tiny.onnx.json").write_text(json.dumps(config), encoding="utf-8")
    return path


def make_nemo_ctc(folder: Path) -> Path:
    """A CTC model for onnx-asr: `hey` where it is louder than on average, silence elsewhere."""
    folder.mkdir(parents=True, exist_ok=True)
    weights = np.zeros((80, 3), np.float32)
    weights[:, 1] = 1.0
    nodes = [
        helper.make_node("AveragePool", ["audio_signal"], ["pooled"], kernel_shape=[8], strides=[8], ceil_mode=1),
        helper.make_node("Transpose", ["pooled"], ["frames"], perm=[0, 2, 1]),
        helper.make_node("MatMul", ["frames", "weights"], ["scores"]),
        helper.make_node("LogSoftmax", ["scores"], ["logprobs"], axis=-1),
    ]
    inputs = [
        helper.make_tensor_value_info("audio_signal", FLOAT, [1, 80, "time"]),
        helper.make_tensor_value_info("length", INT64, [1]),
    ]
    outputs = [helper.make_tensor_value_info("logprobs", FLOAT, [1, "frames", 3])]
    weights[:, 2] = 0.0  # the blank
    weights[:, 0] = -1.0
    _save(folder / "model.onnx", nodes, inputs, outputs, {"weights": weights})
    (folder / "vocab.txt").write_text("▁no 0\n▁hey 1\n<blk> 2\n", encoding="utf-8")
    (folder / "config.json").write_text('{"model_type": "nemo-conformer-ctc", "features_size": 80}')
    return folder


def make_smart_turn(folder: Path, *, bands: int = 80) -> Path:
    """An end-of-turn model: likely the end where the last half second is quieter than the rest."""
    scale = np.zeros((1, bands, 800), np.float32)
    scale[:, :, :750] = 4.0 / (bands * 750)
    scale[:, :, 750:] = -4.0 / (bands * 50)
    nodes = [
        helper.make_node("Mul", ["input_features", "scale"], ["weighted"]),
        helper.make_node("ReduceSum", ["weighted", "axes"], ["sum"], keepdims=0),
        helper.make_node("Reshape", ["sum", "shape"], ["column"]),
        helper.make_node("Sigmoid", ["column"], ["logits"]),
    ]
    inputs = [helper.make_tensor_value_info("input_features", FLOAT, [1, bands, 800])]
    constants = {"scale": scale, "axes": np.array([1, 2], np.int64), "shape": np.array([1, 1], np.int64)}
    path = folder / "smart-turn-tiny.onnx"
    _save(path, nodes, inputs, [helper.make_tensor_value_info("logits", FLOAT, [1, 1])], constants)
    return path


def make_moonshine(folder: Path) -> Path:
    """Moonshine's two networks: "Hey there.", and less likely "Hey their.", for loud audio, nothing for quiet audio."""
    folder.mkdir(parents=True, exist_ok=True)
    pool = [
        helper.make_node("Abs", ["input_values"], ["loud"]),
        helper.make_node("Unsqueeze", ["loud", "one"], ["channel"]),
        helper.make_node("AveragePool", ["channel"], ["pooled"], kernel_shape=[400], strides=[400]),
        helper.make_node("Transpose", ["pooled"], ["column"], perm=[0, 2, 1]),
        helper.make_node("Expand", ["column", "width"], ["last_hidden_state"]),
    ]
    inputs = [
        helper.make_tensor_value_info("input_values", FLOAT, ["batch", "samples"]),
        helper.make_tensor_value_info("attention_mask", INT64, ["batch", "samples"]),
    ]
    hidden = ["batch", "frames", 2]
    constants = {"one": np.array([1], np.int64), "width": np.array([1, 1, 2], np.int64)}
    outputs = [helper.make_tensor_value_info("last_hidden_state", FLOAT, hidden)]
    _save(folder / "encoder_model.onnx", pool, inputs, outputs, constants)
    tokens = (b"<unk>", b"<s>", b"</s>", "▁Hey".encode(), "▁there.".encode(), "▁their.".encode(), b"<<ST_0>>")
    table = np.full((3, len(tokens)), -9, np.float32)  # by the number of tokens before
    table[0, 3], table[1, 4], table[1, 5], table[2, 2] = 4, 4, 3, 90
    gain = np.zeros(len(tokens), np.float32)
    gain[2] = -200  # the end, in loud audio
    past, of_audio = ["batch", 1, "past", 2], ["batch", 1, "frames", 2]
    names = [f"0.{part}.{kind}" for part in ("decoder", "encoder") for kind in ("key", "value")]
    nodes = [
        helper.make_node("ReduceMean", ["encoder_hidden_states"], ["level"], axes=[1, 2], keepdims=0),
        helper.make_node("Unsqueeze", ["level", "one_two"], ["levels"]),
        helper.make_node("Mul", ["levels", "gain"], ["bias"]),
        helper.make_node("Shape", ["past_key_values.0.decoder.key"], ["shape"]),
        helper.make_node("Gather", ["shape", "two"], ["position"]),
        helper.make_node("Min", ["position", "last"], ["row"]),
        helper.make_node("Gather", ["table", "row"], ["scores"]),
        helper.make_node("Add", ["bias", "scores"], ["raised"]),
        helper.make_node("Add", ["raised", "quiet"], ["logits"]),
        helper.make_node("Cast", ["input_ids"], ["ids"], to=FLOAT),
        helper.make_node("Unsqueeze", ["ids", "one_two"], ["id_column"]),
        helper.make_node("Expand", ["id_column", "cell"], ["new"]),
        helper.make_node("Unsqueeze", ["encoder_hidden_states", "one"], ["read"]),
    ]
    for name in names:
        if "decoder" in name:
            nodes.append(helper.make_node("Concat", [f"past_key_values.{name}", "new"], [f"present.{name}"], axis=2))
        else:
            nodes.append(helper.make_node("Identity", ["read"], [f"present.{name}"]))
    quiet = np.zeros(len(tokens), np.float32)
    quiet[2] = 20
    constants = {
        "one": np.array([1], np.int64),
        "one_two": np.array([1, 2], np.int64),
        "two": np.array(2, np.int64),
        "last": np.array(2, np.int64),
        "cell": np.array([1, 1, 1, 2], np.int64),
        "table": table,
        "gain": gain,
        "quiet": quiet,
    }
    inputs = [
        helper.make_tensor_value_info("encoder_attention_mask", INT64, ["batch", "samples"]),
        helper.make_tensor_value_info("input_ids", INT64, ["batch", 1]),
        helper.make_tensor_value_info("encoder_hidden_states", FLOAT, hidden),
        *(
            helper.make_tensor_value_info(f"past_key_values.{n}", FLOAT, past if "decoder" in n else of_audio)
            for n in names
        ),
        helper.make_tensor_value_info("use_cache_branch", TensorProto.BOOL, [1]),
    ]
    outputs = [
        helper.make_tensor_value_info("logits", FLOAT, ["batch", 1, len(tokens)]),
        *(helper.make_tensor_value_info(f"present.{n}", FLOAT, ["batch", 1, f"now {n}", 2]) for n in names),
    ]
    _save(folder / "decoder_model_merged.onnx", nodes, inputs, outputs, constants)
    (folder / "tokenizer.bin").write_bytes(b"".join(bytes([len(token)]) + token for token in tokens))
    return folder


def make_sherpa_vits(folder: Path) -> Path:
    """A VITS voice for sherpa-onnx with a lexicon: 256 samples a token."""
    folder.mkdir(parents=True, exist_ok=True)
    wave = np.sin(2 * np.pi * np.arange(256) / 64).astype(np.float32)[None] * 0.05
    nodes = [
        helper.make_node("Cast", ["x"], ["ids"], to=FLOAT),
        helper.make_node("Transpose", ["ids"], ["column"], perm=[1, 0]),
        helper.make_node("MatMul", ["column", "wave"], ["tiled"]),
        helper.make_node("Reshape", ["tiled", "shape"], ["y"]),
    ]
    inputs = [
        helper.make_tensor_value_info("x", INT64, [1, "tokens"]),
        helper.make_tensor_value_info("x_length", INT64, [1]),
        *(helper.make_tensor_value_info(name, FLOAT, [1]) for name in ("noise_scale", "length_scale", "noise_scale_w")),
    ]
    metadata = {
        "model_type": "vits",
        "comment": "tiny",
        "language": "English",
        "add_blank": "1",
        "n_speakers": "1",
        "sample_rate": "16000",
        "punctuation": ", . ! ?",
    }
    constants = {"wave": wave, "shape": np.array([1, 1, -1], np.int64)}
    outputs = [helper.make_tensor_value_info("y", FLOAT, [1, 1, "time"])]
    _save(folder / "model.onnx", nodes, inputs, outputs, constants, metadata)
    (folder / "tokens.txt").write_text("_ 0\n, 1\n. 2\n! 3\n? 4\nh 5\ne 6\nl 7\no 8\n# 9\n  10\n", encoding="utf-8")
    (folder / "lexicon.txt").write_text("hello h e l o\nhole h o l e\n, ,\n. .\n! !\n? ?\n", encoding="utf-8")
    return folder


def make_sherpa_ctc(folder: Path) -> Path:
    """A streaming NeMo CTC model for sherpa-onnx: `hey` for loud frames."""
    folder.mkdir(parents=True, exist_ok=True)
    weights = np.zeros((80, 3), np.float32)
    weights[:, 1] = 1 / 80
    nodes = [
        helper.make_node("AveragePool", ["audio_signal"], ["pooled"], kernel_shape=[8], strides=[8], ceil_mode=1),
        helper.make_node("Transpose", ["pooled"], ["frames"], perm=[0, 2, 1]),
        helper.make_node("MatMul", ["frames", "weights"], ["scores"]),
        helper.make_node("Add", ["scores", "bias"], ["biased"]),
        helper.make_node("LogSoftmax", ["biased"], ["logits"], axis=-1),
        helper.make_node("Identity", ["length"], ["encoded_lengths"]),
        *(
            helper.make_node("Identity", [name], [name + "_next"])
            for name in ("cache_last_channel", "cache_last_time", "cache_last_channel_len")
        ),
    ]
    inputs = [
        helper.make_tensor_value_info("audio_signal", FLOAT, ["batch", 80, "time"]),
        helper.make_tensor_value_info("length", INT64, ["batch"]),
        helper.make_tensor_value_info("cache_last_channel", FLOAT, ["batch", 1, 4, 8]),
        helper.make_tensor_value_info("cache_last_time", FLOAT, ["batch", 1, 8, 4]),
        helper.make_tensor_value_info("cache_last_channel_len", INT64, ["batch"]),
    ]
    outputs = [
        helper.make_tensor_value_info("logits", FLOAT, ["batch", "frames", 3]),
        helper.make_tensor_value_info("encoded_lengths", INT64, ["batch"]),
        helper.make_tensor_value_info("cache_last_channel_next", FLOAT, ["batch", 1, 4, 8]),
        helper.make_tensor_value_info("cache_last_time_next", FLOAT, ["batch", 1, 8, 4]),
        helper.make_tensor_value_info("cache_last_channel_len_next", INT64, ["batch"]),
    ]
    sizes = {"cache_last_channel_dim": (1, 4, 8), "cache_last_time_dim": (1, 8, 4)}
    metadata = {
        "model_type": "EncDecHybridRNNTCTCBPEModel",
        "vocab_size": "2",
        "window_size": "32",
        "chunk_shift": "16",
        "subsampling_factor": "8",
        "normalize_type": "NA",
        **{f"{name}{i + 1}": str(size) for name, triple in sizes.items() for i, size in enumerate(triple)},
    }
    constants = {"weights": weights, "bias": np.array([-90, 11, 0], np.float32)}
    _save(folder / "model.onnx", nodes, inputs, outputs, constants, metadata)
    (folder / "tokens.txt").write_text("▁no 0\n▁hey 1\n<blk> 2\n", encoding="utf-8")
    return folder


def _save(path, nodes, inputs, outputs, constants, metadata=None):
    initializers = [numpy_helper.from_array(value, name) for name, value in constants.items()]
    graph = helper.make_graph(nodes, "tiny", inputs, outputs, initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    helper.set_model_props(model, metadata or {})
    save(model, str(path))
