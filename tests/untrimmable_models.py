"""Tiny GGUF models with random weights whose memory is not a plain list of cells: a recurrent one, a sliding window."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from random_gguf import N_EMBD, N_LAYER, add_ends, finished, matrix, new_writer, ones

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
