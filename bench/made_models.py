"""GGUF models with random weights in the shapes of real families: for tests and benches that need no sense in text.

Small ones are written where they are wanted. `full_size_models.py` makes and keeps those in the sizes of real models.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import gguf
import numpy as np
import numpy.typing as npt

from made_vocabulary import BASIC_SPECIALS, TOOL_MARKERS, Vocabulary, made_vocabulary, tiny_vocabulary

NOTHING: Mapping[str, gguf.TokenType] = MappingProxyType({})
MAX_CHUNK = 2**24  # weights drawn at once


@dataclass(frozen=True)
class Shape:
    """Sizes of a decoder-only transformer. `qk_norm`: Qwen3's normed queries and keys."""

    architecture: str
    name: str = "random"
    n_layer: int = 2
    n_embd: int = 64
    n_head: int = 4
    n_head_kv: int = 2
    head_dim: int = 16
    n_ff: int = 128
    n_ctx: int = 512
    rope_base: float = 10000.0
    qk_norm: bool = False
    n_vocab: int | None = None  # None: the bytes, one merge and three special tokens
    pre_tokenizer: str = "qwen2"
    tied: bool = False  # the embedding is the output matrix too
    embedding_std: float = 1.0
    is_half: bool = False  # matrices in float16 instead of float32
    # Not None: the blocks add next to nothing, and every token is followed by its neighbour in a cycle of so many:
    # the model says what a prompt that holds the cycle says, at the price of a random one.
    cycle: int | None = None


LLAMA = Shape("llama")
QWEN3 = Shape("qwen3", head_dim=32, qk_norm=True, rope_base=1e6)


@dataclass(frozen=True)
class _Tensor:
    name: str
    dims: tuple[int, ...]
    mean: float
    std: float
    is_matrix: bool


def write_model(
    path: Path,
    shape: Shape,
    *,
    seed: int = 1,
    chat_template: str | None = None,
    added: Mapping[str, gguf.TokenType] = NOTHING,
) -> Path:
    """Write a GGUF with weights drawn from `seed` and return its path. Memory stays at a few chunks.

    `added` are tokens behind those of the vocabulary.
    """
    vocabulary = tiny_vocabulary() if shape.n_vocab is None else made_vocabulary(shape.n_vocab)
    writer = gguf.GGUFWriter(path, shape.architecture)
    _add_metadata(writer, shape)
    _add_vocabulary(writer, shape, vocabulary, added)
    if chat_template is not None:
        writer.add_chat_template(chat_template)
    tensors = list(_tensors(shape, len(vocabulary.tokens) + len(added)))
    for tensor in tensors:
        dtype = np.dtype(np.float16 if shape.is_half and tensor.is_matrix else np.float32)
        writer.add_tensor_info(tensor.name, tensor.dims, dtype, int(np.prod(tensor.dims)) * dtype.itemsize)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    rng = np.random.default_rng(seed)
    embedding: npt.NDArray[np.float32] | None = None
    for tensor in tensors:
        weights = _draw(rng, tensor, shape)
        if tensor.name == "token_embd.weight":
            embedding = weights
        elif tensor.name == "output.weight" and shape.cycle is not None and embedding is not None:
            weights = embedding[_predecessors(len(weights), shape.cycle)]
        writer.write_tensor_data(weights)
    writer.close()
    return path


def _draw(rng: np.random.Generator, tensor: _Tensor, shape: Shape) -> npt.NDArray[np.floating]:
    weights = np.empty(tensor.dims, np.float16 if shape.is_half and tensor.is_matrix else np.float32)
    flat = weights.reshape(-1)
    for begin in range(0, flat.size, MAX_CHUNK):
        n = min(MAX_CHUNK, flat.size - begin)
        flat[begin : begin + n] = rng.normal(tensor.mean, tensor.std, n)
    return weights


def _predecessors(n_vocab: int, cycle: int) -> npt.NDArray[np.int64]:
    """The token before each one, in cycles of `cycle` neighbouring ids; the last cycle may be shorter."""
    ids = np.arange(n_vocab)
    last_of_cycle = np.minimum(ids + cycle, n_vocab) - 1
    return np.where(ids % cycle == 0, last_of_cycle, ids - 1)


def _add_metadata(writer: gguf.GGUFWriter, shape: Shape) -> None:
    writer.add_name(shape.name)
    writer.add_block_count(shape.n_layer)
    writer.add_context_length(shape.n_ctx)
    writer.add_embedding_length(shape.n_embd)
    writer.add_feed_forward_length(shape.n_ff)
    writer.add_head_count(shape.n_head)
    writer.add_head_count_kv(shape.n_head_kv)
    writer.add_key_length(shape.head_dim)
    writer.add_value_length(shape.head_dim)
    writer.add_rope_dimension_count(shape.head_dim)
    writer.add_rope_freq_base(shape.rope_base)
    writer.add_layer_norm_rms_eps(1e-5)


def _add_vocabulary(
    writer: gguf.GGUFWriter, shape: Shape, vocabulary: Vocabulary, added: Mapping[str, gguf.TokenType]
) -> None:
    markers = [gguf.TokenType.USER_DEFINED] * (len(TOOL_MARKERS) if vocabulary.has_tools else 0)
    special = [gguf.TokenType.CONTROL] * len(BASIC_SPECIALS) + markers
    n_tokens = len(vocabulary.tokens)
    writer.add_vocab_size(n_tokens + len(added))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(shape.pre_tokenizer)
    writer.add_token_list([*vocabulary.tokens, *added])
    writer.add_token_types([gguf.TokenType.NORMAL] * (n_tokens - len(special)) + special + list(added.values()))
    writer.add_token_merges(vocabulary.merges)
    writer.add_add_bos_token(False)
    writer.add_eos_token_id(vocabulary.tokens.index("<|im_end|>"))


def _tensors(shape: Shape, n_vocab: int) -> Iterator[_Tensor]:
    """Every tensor; matrices keep the variance of what they multiply."""
    n_q, n_kv = shape.n_head * shape.head_dim, shape.n_head_kv * shape.head_dim
    gain = 1.0 if shape.cycle is None else 1e-3

    def matrix(name: str, n_out: int, n_in: int, gain: float = 1.0) -> _Tensor:
        return _Tensor(f"{name}.weight", (n_out, n_in), 0.0, gain / float(np.sqrt(n_in)), True)

    def norm(name: str, n: int) -> _Tensor:
        return _Tensor(f"{name}.weight", (n,), 1.0, 0.1, False)

    yield _Tensor("token_embd.weight", (n_vocab, shape.n_embd), 0.0, shape.embedding_std, True)
    yield norm("output_norm", shape.n_embd)
    if not shape.tied:
        yield matrix("output", n_vocab, shape.n_embd)
    for layer in range(shape.n_layer):
        block = f"blk.{layer}."
        yield norm(block + "attn_norm", shape.n_embd)
        yield matrix(block + "attn_q", n_q, shape.n_embd)
        yield matrix(block + "attn_k", n_kv, shape.n_embd)
        yield matrix(block + "attn_v", n_kv, shape.n_embd)
        yield matrix(block + "attn_output", shape.n_embd, n_q, gain)
        if shape.qk_norm:
            yield norm(block + "attn_q_norm", shape.head_dim)
            yield norm(block + "attn_k_norm", shape.head_dim)
        yield norm(block + "ffn_norm", shape.n_embd)
        yield matrix(block + "ffn_gate", shape.n_ff, shape.n_embd)
        yield matrix(block + "ffn_up", shape.n_ff, shape.n_embd)
        yield matrix(block + "ffn_down", shape.n_embd, shape.n_ff, gain)
