"""What the rows of the embedding table start from: the meaning of words, and, for a new vocabulary, the old one's rows.

Run as a program it gives the network of a checkpoint another vocabulary; training then goes on. A piece that both have
keeps its row; another gets the mean of the old pieces it is made of. To both a part of the word's vector is added, so
that words of like meaning start alike.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor

from model import Nano, Shape
from tokenizer import base_of_spaced

MEANING_OF_OLD, MEANING_OF_NEW = 0.3, 0.7


def meanings(path: Path, width: int) -> dict[str, Tensor]:
    """Vectors (width,) of the words that `words.py` lists, as long as a random row, in a fixed subspace."""
    with np.load(path) as file:
        listed, vectors = [str(w) for w in file["words"]], torch.from_numpy(file["vectors"].astype(np.float32))
    random = torch.randn(width, vectors.shape[1], generator=torch.Generator().manual_seed(0))
    directions = torch.linalg.qr(random)[0]
    return dict(zip(listed, vectors @ directions.T * width**0.5, strict=True))


def mixed(row: Tensor, meaning: Tensor, share: float) -> Tensor:
    """A row with a share of a word's meaning, its length kept."""
    return (row + share * meaning) * (1 + share**2) ** -0.5


@torch.no_grad()
def give_meanings(model: Nano, tokenizer: Tokenizer, words: dict[str, Tensor]) -> None:
    """Add their meaning to the random rows of a new network."""
    for piece, i in tokenizer.get_vocab().items():
        if int(model.base[i]) == i and piece.lower() in words:
            model.piece[i] = mixed(model.piece[i], words[piece.lower()], MEANING_OF_NEW)


@torch.no_grad()
def with_vocabulary(model: Nano, old: Tokenizer, new: Tokenizer, words: dict[str, Tensor]) -> Nano:
    """`model`, trained with the vocabulary `old`, with the vocabulary `new`."""
    target = Nano(replace(model.shape, vocab_size=new.get_vocab_size()), base_of_spaced(new))
    kept = {name: weight for name, weight in model.state_dict().items() if name != "piece"}
    target.load_state_dict({**target.state_dict(), **kept})
    known = old.get_vocab()
    length = model.piece[model.base == torch.arange(len(known))].norm(dim=1).mean()
    for piece, i in new.get_vocab().items():
        if int(target.base[i]) != i:
            both = piece in known and int(model.base[known[piece]]) != known[piece]
            target.piece[i] = model.piece[known[piece]] if both else 0.0
            continue
        if piece in known:
            row, share = model.piece[known[piece]], MEANING_OF_OLD
        else:
            parts = model.base[old.encode(new.decoder.decode([piece])).ids]
            row, share = model.piece[parts].mean(0), MEANING_OF_NEW
            row = row * length / row.norm().clamp(min=1e-3)
        meaning = words.get(piece.lower())
        target.piece[i] = row if meaning is None else mixed(row, meaning, share)
    return target


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--tokenizer", type=Path, required=True, help="of the checkpoint")
    parser.add_argument("--new", type=Path, required=True, help="tokenizer of the output")
    parser.add_argument("--words", type=Path, required=True, help="table of words.py")
    args = parser.parse_args()
    state = torch.load(args.checkpoint, weights_only=True, map_location="cpu")
    old, new = (Tokenizer.from_file(str(path)) for path in (args.tokenizer, args.new))
    words = meanings(args.words, state["shape"]["width"])
    model = Nano(Shape(**state["shape"]), base_of_spaced(old))
    for part in ("model", "average"):
        model.load_state_dict(state[part])
        target = with_vocabulary(model, old, new, words)
        state[part] = target.state_dict()
    state |= {"shape": asdict(target.shape), "optims": [], "step": 0, "shard": 0}
    torch.save(state, args.output)
    print(f"{args.output}: {sum(p.numel() for p in target.parameters()) / 1e6:.2f}M parameters")


if __name__ == "__main__":
    main()
