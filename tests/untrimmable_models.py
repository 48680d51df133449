"""Tiny GGUF models with random weights whose memory is not a plain list of cells: a recurrent one, a sliding window."""

from __future__ import annotations

from pathlib import Path

import gguf
import numpy as np

from made_vocabulary import BASIC_SPECIALS, tiny_vocabulary

N_LAYER, N_EMBD, N_CTX = 2, 32, 512
WINDOW = 16


def write_mamba(path: Path) -> Path:
    """State-space layers alone: a state after the last token, and no way back."""
    n_inner, n_conv, n_state, n_rank = 64, 4, 8, 4
    writer = new_writer(path, "mamba", n_layer=N_LAYER)
    writer.add_feed_forward_length(0)
    writer.add_head_count(0)
    writer.add_ssm_conv_kernel(n_conv)
    writer.add_ssm_inner_size(n_inner)
    writer.add_ssm_state_size(n_state)
    writer.add_ssm_time_step_rank(n_rank)
    rng = np.random.default_rng(1)
    add_ends(writer, rng)
    for layer in range(N_LAYER):
        block = f"blk.{layer}."
        writer.add_tensor(block + "attn_norm.weight", ones(N_EMBD))
        writer.add_tensor(block + "ssm_in.weight", matrix(rng, 2 * n_inner, N_EMBD))
        writer.add_tensor(block + "ssm_conv1d.weight", matrix(rng, n_inner, n_conv))
        writer.add_tensor(block + "ssm_conv1d.bias", 0.1 * ones(n_inner))
        writer.add_tensor(block + "ssm_x.weight", matrix(rng, n_rank + 2 * n_state, n_inner))
        writer.add_tensor(block + "ssm_dt.weight", matrix(rng, n_inner, n_rank))
        writer.add_tensor(block + "ssm_dt.bias", 0.1 * ones(n_inner))
        writer.add_tensor(block + "ssm_a", -np.tile(np.arange(1, n_state + 1, dtype=np.float32), (n_inner, 1)))
        writer.add_tensor(block + "ssm_d", ones(n_inner))
        writer.add_tensor(block + "ssm_out.weight", matrix(rng, N_EMBD, n_inner))
    return finished(writer, path)


def write_sliding_window(path: Path) -> Path:
    """Gemma 3's shape: of six layers, all but the last see WINDOW tokens."""
    n_layer, n_head, head_dim, n_ff = 6, 2, 16, 64
    writer = new_writer(path, "gemma3", n_layer=n_layer)
    writer.add_feed_forward_length(n_ff)
    writer.add_head_count(n_head)
    writer.add_head_count_kv(n_head)
    writer.add_key_length(head_dim)
    writer.add_value_length(head_dim)
    writer.add_sliding_window(WINDOW)
    rng = np.random.default_rng(1)
    add_ends(writer, rng)
    for layer in range(n_layer):
        block = f"blk.{layer}."
        for norm in ("attn_norm", "post_attention_norm", "ffn_norm", "post_ffw_norm"):
            writer.add_tensor(f"{block}{norm}.weight", ones(N_EMBD))
        for name in ("attn_q", "attn_k", "attn_v"):
            writer.add_tensor(f"{block}{name}.weight", matrix(rng, n_head * head_dim, N_EMBD))
        for norm in ("attn_q_norm", "attn_k_norm"):
            writer.add_tensor(f"{block}{norm}.weight", ones(head_dim))
        writer.add_tensor(block + "attn_output.weight", matrix(rng, N_EMBD, n_head * head_dim))
        writer.add_tensor(block + "ffn_gate.weight", matrix(rng, n_ff, N_EMBD))
        writer.add_tensor(block + "ffn_up.weight", matrix(rng, n_ff, N_EMBD))
        writer.add_tensor(block + "ffn_down.weight", matrix(rng, N_EMBD, n_ff))
    return finished(writer, path)


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
