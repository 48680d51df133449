"""Small GGUF models with random weights, in the shapes of real families: for tests that need no sense in the text."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import gguf
import numpy as np

SPECIAL_TOKENS = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")


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


LLAMA = Shape("llama")
QWEN3 = Shape("qwen3", head_dim=32, qk_norm=True, rope_base=1e6)


def byte_vocabulary() -> list[str]:
    """All 256 bytes in GPT-2's printable spelling, one merge, and the special tokens."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    spelling = {byte: chr(byte) for byte in printable}
    rest = [byte for byte in range(256) if byte not in spelling]
    spelling.update({byte: chr(256 + i) for i, byte in enumerate(rest)})
    return [spelling[byte] for byte in range(256)] + ["he", *SPECIAL_TOKENS]


def write_model(path: Path, shape: Shape, *, seed: int = 1, chat_template: str | None = None) -> Path:
    """Write a float32 GGUF with weights drawn from `seed` and return its path."""
    writer = gguf.GGUFWriter(path, shape.architecture)
    _add_metadata(writer, shape)
    _add_vocabulary(writer)
    if chat_template is not None:
        writer.add_chat_template(chat_template)
    _add_weights(writer, shape, np.random.default_rng(seed))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


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


def _add_vocabulary(writer: gguf.GGUFWriter) -> None:
    tokens = byte_vocabulary()
    n_special = len(SPECIAL_TOKENS)
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(tokens)
    writer.add_token_types([gguf.TokenType.NORMAL] * (len(tokens) - n_special) + [gguf.TokenType.CONTROL] * n_special)
    writer.add_token_merges(["h e"])
    writer.add_add_bos_token(False)
    writer.add_eos_token_id(len(tokens) - 1)


def _add_weights(writer: gguf.GGUFWriter, shape: Shape, rng: np.random.Generator) -> None:
    n_vocab = len(byte_vocabulary())

    def add(name: str, *dims: int) -> None:
        writer.add_tensor(name, rng.normal(0.0, 1.0 / np.sqrt(dims[-1]), dims).astype(np.float32))

    def add_norm(name: str, n: int) -> None:
        writer.add_tensor(name, rng.normal(1.0, 0.1, n).astype(np.float32))

    writer.add_tensor("token_embd.weight", rng.normal(0.0, 1.0, (n_vocab, shape.n_embd)).astype(np.float32))
    add_norm("output_norm.weight", shape.n_embd)
    add("output.weight", n_vocab, shape.n_embd)
    for layer in range(shape.n_layer):
        block = f"blk.{layer}."
        add_norm(block + "attn_norm.weight", shape.n_embd)
        add(block + "attn_q.weight", shape.n_head * shape.head_dim, shape.n_embd)
        add(block + "attn_k.weight", shape.n_head_kv * shape.head_dim, shape.n_embd)
        add(block + "attn_v.weight", shape.n_head_kv * shape.head_dim, shape.n_embd)
        add(block + "attn_output.weight", shape.n_embd, shape.n_head * shape.head_dim)
        if shape.qk_norm:
            add_norm(block + "attn_q_norm.weight", shape.head_dim)
            add_norm(block + "attn_k_norm.weight", shape.head_dim)
        add_norm(block + "ffn_norm.weight", shape.n_embd)
        add(block + "ffn_gate.weight", shape.n_ff, shape.n_embd)
        add(block + "ffn_up.weight", shape.n_ff, shape.n_embd)
        add(block + "ffn_down.weight", shape.n_embd, shape.n_ff)
