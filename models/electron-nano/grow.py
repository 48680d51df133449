"""Make the network of a checkpoint wider or deeper without changing what it computes; training then goes on.

What is added is silent at first: new columns of the table and new rows of what writes to the residual stream are zero,
what reads it starts at random. Norms see the same sum over more entries, which their scales make up for. (Chen and
others, Net2Net, 2015)
"""

from __future__ import annotations

import argparse
from dataclasses import asdict, replace
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn

from model import Nano, Shape
from tokenizer import base_of_spaced


def _norm_scale(old: Shape, new: Shape) -> float:
    """What the scale of a norm takes where its input has more entries, all new ones zero."""
    return float((old.width / new.width) ** 0.5)


@torch.no_grad()
def _copy_block(source: nn.Module, target: nn.Module, scale: float) -> None:
    """Put one block into the corner of a larger one."""
    old, new = dict(source.named_parameters()), dict(target.named_parameters())
    for name, weight in old.items():
        part = tuple(slice(0, n) for n in weight.shape)
        if weight.ndim == 1:
            new[name].fill_(scale)
            new[name][part] = weight * scale
        else:
            if name.startswith(("o.", "down.")):
                new[name].zero_()
            new[name][part] = weight


@torch.no_grad()
def grown(model: Nano, shape: Shape, base: list[int]) -> Nano:
    """`model` with the sizes of `shape`, none smaller; new blocks come last and do nothing yet."""
    old = model.shape
    if shape.head_dim != old.head_dim or shape.vocab_size != old.vocab_size:
        raise ValueError("grow keeps the vocabulary and the size of a head")
    larger, scale = Nano(shape, base), _norm_scale(old, shape)
    larger.piece.zero_()
    larger.space.zero_()
    larger.piece[:, : old.width] = model.piece
    larger.space[: old.width] = model.space
    larger.norm.weight.fill_(float(model.norm.weight.mean()) * scale)
    larger.norm.weight[: old.width] = model.norm.weight * scale
    for source, target in zip(model.blocks, larger.blocks, strict=False):
        _copy_block(source, target, scale)
    return larger


def _model(state: dict[str, Tensor], shape: Shape, base: list[int]) -> Nano:
    model = Nano(shape, base)
    model.load_state_dict(state)
    return model


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--tokenizer", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    for name in ("width", "n-layers", "n-heads", "hidden"):
        parser.add_argument(f"--{name}", type=int)
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    state = torch.load(args.checkpoint, weights_only=True, map_location="cpu")
    old, base = Shape(**state["shape"]), base_of_spaced(Tokenizer.from_file(str(args.tokenizer)))
    sizes = {name: getattr(args, name) for name in ("width", "n_layers", "n_heads", "hidden") if getattr(args, name)}
    shape = replace(old, **sizes, n_kv_heads=sizes.get("n_heads", old.n_kv_heads))
    for part in ("model", "average"):
        torch.manual_seed(args.seed)
        state[part] = grown(_model(state[part], old, base), shape, base).state_dict()
    state |= {"shape": asdict(shape), "optims": [], "step": 0}
    torch.save(state, args.output)
    n = sum(p.numel() for p in _model(state["model"], shape, base).parameters())
    print(f"{args.output}: {n / 1e6:.2f}M parameters, {state['seen'] / 1e6:.2f}M tokens seen")


if __name__ == "__main__":
    main()
