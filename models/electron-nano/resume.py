"""A checkpoint and the tokenizer of an exported GGUF: training goes on where no checkpoint is left."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import Any

import gguf
import torch
from tokenizers import Tokenizer, decoders, models

from inherit import Load, halves, reader
from model import Nano, Shape
from tokenizer import SPECIALS, base_of_spaced, pre_tokenizer


def tokenizer_of(file: gguf.GGUFReader) -> Tokenizer:
    """The tokenizer that `export.py` wrote."""
    vocab = {piece: i for i, piece in enumerate(file.fields["tokenizer.ggml.tokens"].contents())}
    merges = [tuple(merge.split(" ")) for merge in file.fields["tokenizer.ggml.merges"].contents()]
    tokenizer = Tokenizer(models.BPE(vocab, merges))
    tokenizer.pre_tokenizer = pre_tokenizer(split_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(SPECIALS)
    return tokenizer


def shape_of(file: gguf.GGUFReader) -> Shape:
    def value(name: str) -> Any:
        return file.fields[f"llama.{name}"].contents()

    return Shape(
        vocab_size=value("vocab_size"),
        width=value("embedding_length"),
        n_layers=value("block_count"),
        n_heads=value("attention.head_count"),
        n_kv_heads=value("attention.head_count_kv"),
        head_dim=value("attention.key_length"),
        hidden=value("feed_forward_length"),
        rope_base=value("rope.freq_base"),
    )


@torch.no_grad()
def fill(model: Nano, load: Load) -> None:
    """All weights of the GGUF; what the network adds to a piece with a space before it starts at zero in common."""
    s, table = model.shape, load("token_embd.weight")
    base, spaced = model.base, model.spaced[:, 0] > 0
    model.piece.copy_(table)
    model.space.copy_((table[spaced] - table[base[spaced]]).mean(0))
    model.piece[spaced] = table[spaced] - table[base[spaced]] - model.space
    for i, block in enumerate(model.blocks):
        name = f"blk.{i}."
        block.q.weight.copy_(halves(load(name + "attn_q.weight"), s.n_heads))
        block.k.weight.copy_(halves(load(name + "attn_k.weight"), s.n_kv_heads))
        block.v.weight.copy_(load(name + "attn_v.weight"))
        block.o.weight.copy_(load(name + "attn_output.weight"))
        for ours in ("gate", "up", "down"):
            getattr(block, ours).weight.copy_(load(f"{name}ffn_{ours}.weight"))
        block.attn_norm.weight.copy_(load(name + "attn_norm.weight"))
        block.ffn_norm.weight.copy_(load(name + "ffn_norm.weight"))
    model.norm.weight.copy_(load("output_norm.weight"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("gguf", type=Path)
    parser.add_argument("output", type=Path, help="the checkpoint")
    parser.add_argument("--tokenizer", type=Path, required=True, help="where to write it")
    parser.add_argument("--seen", type=float, default=0, help="tokens it was trained on")
    args = parser.parse_args()
    load, file = reader(args.gguf)
    tokenizer = tokenizer_of(file)
    tokenizer.save(str(args.tokenizer))
    model = Nano(shape_of(file), base_of_spaced(tokenizer))
    fill(model, load)
    state: dict[str, Any] = {"model": model.state_dict(), "average": model.state_dict(), "optims": []}
    state |= {"shape": asdict(model.shape), "seen": int(args.seen), "step": 0, "shard": 0}
    torch.save(state, args.output)
    print(f"{args.output}: {sum(p.numel() for p in model.parameters()) / 1e6:.2f}M parameters")


if __name__ == "__main__":
    main()
