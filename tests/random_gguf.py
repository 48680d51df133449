"""What tiny GGUF models with random weights have in common."""

from __future__ import annotations

from pathlib import Path

import gguf
import numpy as np

from made_vocabulary import BASIC_SPECIALS, tiny_vocabulary

N_LAYER, N_EMBD, N_CTX = 2, 32, 512


def new_writer(path: Path, architecture: str, *, n_layer: int) -> gguf.GGUFWriter:
    writer = gguf.GGUFWriter(path, architecture)
    writer.add_name("random")
    writer.add_block_count(n_layer)
    writer.add_context_length(N_CTX)
    writer.add_embedding_length(N_EMBD)
    writer.add_layer_norm_rms_eps(1e-5)
    vocabulary = tiny_vocabulary()
    n_plain = len(vocabulary.tokens) - len(BASIC_SPECIALS)
    writer.add_vocab_size(len(vocabulary.tokens))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(list(vocabulary.tokens))
    writer.add_token_types([gguf.TokenType.NORMAL] * n_plain + [gguf.TokenType.CONTROL] * len(BASIC_SPECIALS))
    writer.add_token_merges(vocabulary.merges)
    writer.add_add_bos_token(False)
    writer.add_eos_token_id(vocabulary.tokens.index("<|im_end|>"))
    return writer


def add_ends(writer: gguf.GGUFWriter, rng: np.random.Generator) -> None:
    n_vocab = len(tiny_vocabulary().tokens)
    writer.add_tensor("token_embd.weight", rng.normal(0, 1, (n_vocab, N_EMBD)).astype(np.float32))
    writer.add_tensor("output_norm.weight", ones(N_EMBD))
    writer.add_tensor("output.weight", matrix(rng, n_vocab, N_EMBD))


def ones(n: int) -> np.ndarray:
    return np.ones(n, np.float32)


def matrix(rng: np.random.Generator, n_out: int, n_in: int) -> np.ndarray:
    return rng.normal(0, 1 / np.sqrt(n_in), (n_out, n_in)).astype(np.float32)


def finished(writer: gguf.GGUFWriter, path: Path) -> Path:
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
