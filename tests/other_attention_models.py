"""Tiny GGUF models with random weights whose attention has more to it than queries, keys and values."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from random_gguf import N_EMBD, N_LAYER, add_ends, finished, matrix, new_writer, ones

N_HEAD, HEAD_DIM, N_FF = 2, 16, 64


def write_alibi(path: Path) -> Path:
    """MPT's shape: no rotary positions, each head sees what is far away less (ALiBi)."""
    writer = new_writer(path, "mpt", n_layer=N_LAYER)
    writer.add_feed_forward_length(N_FF)
    writer.add_head_count(N_HEAD)
    writer.add_layer_norm_eps(1e-5)
    writer.add_max_alibi_bias(8.0)
    rng = np.random.default_rng(1)
    add_ends(writer, rng)
    for layer in range(N_LAYER):
        block = f"blk.{layer}."
        for norm in ("attn_norm", "ffn_norm"):
            writer.add_tensor(f"{block}{norm}.weight", ones(N_EMBD))
        writer.add_tensor(block + "attn_qkv.weight", matrix(rng, 3 * N_EMBD, N_EMBD))
        writer.add_tensor(block + "attn_output.weight", matrix(rng, N_EMBD, N_EMBD))
        writer.add_tensor(block + "ffn_up.weight", matrix(rng, N_FF, N_EMBD))
        writer.add_tensor(block + "ffn_down.weight", matrix(rng, N_EMBD, N_FF))
    return finished(writer, path)


def write_sinks(path: Path) -> Path:
    """gpt-oss's shape: each head may look away, at a sink; every other layer sees a window."""
    n_experts = 2
    writer = new_writer(path, "gpt-oss", n_layer=N_LAYER)
    writer.add_head_count(N_HEAD)
    writer.add_head_count_kv(N_HEAD)
    writer.add_key_length(HEAD_DIM)
    writer.add_value_length(HEAD_DIM)
    writer.add_sliding_window(128)
    writer.add_feed_forward_length(N_FF)
    writer.add_expert_feed_forward_length(N_FF)
    writer.add_expert_count(n_experts)
    writer.add_expert_used_count(1)
    rng = np.random.default_rng(1)
    add_ends(writer, rng)
    width = N_HEAD * HEAD_DIM
    for layer in range(N_LAYER):
        block = f"blk.{layer}."
        for norm in ("attn_norm", "post_attention_norm"):
            writer.add_tensor(f"{block}{norm}.weight", ones(N_EMBD))
        for name in ("attn_q", "attn_k", "attn_v"):
            writer.add_tensor(f"{block}{name}.weight", matrix(rng, width, N_EMBD))
            writer.add_tensor(f"{block}{name}.bias", ones(width))
        writer.add_tensor(block + "attn_output.weight", matrix(rng, N_EMBD, width))
        writer.add_tensor(block + "attn_output.bias", ones(N_EMBD))
        writer.add_tensor(block + "attn_sinks.weight", ones(N_HEAD))
        writer.add_tensor(block + "ffn_gate_inp.weight", matrix(rng, n_experts, N_EMBD))
        writer.add_tensor(block + "ffn_gate_inp.bias", ones(n_experts))
        for name, n_out, n_in in (("gate", N_FF, N_EMBD), ("up", N_FF, N_EMBD), ("down", N_EMBD, N_FF)):
            experts = np.stack([matrix(rng, n_out, n_in) for _ in range(n_experts)])
            writer.add_tensor(f"{block}ffn_{name}_exps.weight", experts)
            writer.add_tensor(f"{block}ffn_{name}_exps.bias", np.ones((n_experts, n_out), np.float32))
    return finished(writer, path)
