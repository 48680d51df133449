"""The weighted mean of the weights of two checkpoints, one trained on from the other: often better than both.

(Wortsman and others, Robust fine-tuning of zero-shot models, 2022)
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--share", type=float, default=0.5, help="of `after`")
    args = parser.parse_args()
    before, after = (torch.load(path, weights_only=True, map_location="cpu") for path in (args.before, args.after))
    if before["shape"] != after["shape"]:
        raise SystemExit(f"the shapes differ: {before['shape']} and {after['shape']}")
    mean = {
        name: torch.lerp(weight.float(), after["average"][name].float(), args.share)
        for name, weight in before["average"].items()
    }
    state = {"model": mean, "average": mean, "shape": after["shape"], "optims": [], "step": 0, "shard": 0}
    torch.save(state | {"seen": after["seen"]}, args.output)


if __name__ == "__main__":
    main()
