"""Tokenised documents on disk: made here, read by the training in batches of like length."""

from __future__ import annotations

import argparse
import itertools
import json
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from data import mixture
from data.sources import Sources
from exchange import DOCUMENT_SHARE, Exchange, copied_values
from rendering import tokens_and_weights

RUN_SHARE = 0.35
MAX_TOKENS, WIDTH_STEP = 2048, 16


@dataclass(frozen=True)
class Shard:
    """Documents end to end: document i holds tokens [offsets[i], offsets[i + 1])."""

    ids: np.ndarray
    weights: np.ndarray
    offsets: np.ndarray

    @classmethod
    def load(cls, path: Path) -> Shard:
        with np.load(path) as file:
            return cls(file["ids"], file["weights"], file["offsets"])


def repeated_run(rng: np.random.Generator, vocab_size: int) -> tuple[np.ndarray, np.ndarray]:
    """Random tokens, two to four times over; the first time does not count."""
    alphabet = rng.integers(261, vocab_size, int(np.exp(rng.uniform(2, 7))), dtype=np.uint16)
    run, times = rng.choice(alphabet, rng.integers(5, 120)), int(rng.integers(2, 5))
    weights = np.ones(len(run) * times, dtype=np.float16)
    weights[: len(run)] = 0
    return np.tile(run, times), weights


def make(
    path: Path, tokenizer: Tokenizer, seed: int, count: int, stage: int, sources: Sources, *, judgements: int
) -> Shard:
    """Generate `count` documents and save them, with runs of random tokens and judgements among them."""
    rng, exchange = np.random.default_rng(seed), Exchange(tokenizer)
    documents: list[tuple[np.ndarray, np.ndarray]] = []
    for dialogue in mixture.dialogues(seed, count, stage, sources, judgements):
        ids, weights = tokens_and_weights(tokenizer, dialogue.text)
        if dialogue.is_exercise or rng.random() < DOCUMENT_SHARE:
            values, kept = copied_values(dialogue.messages, dialogue.copied), json.dumps(dialogue.tools)
            ids = exchange(rng, ids, weights, values, kept)
        documents.append((ids, weights))
        if not dialogue.is_judgement and rng.random() < RUN_SHARE:
            documents.append(repeated_run(rng, tokenizer.get_vocab_size()))
    documents = [(ids[:MAX_TOKENS], weights[:MAX_TOKENS]) for ids, weights in documents]
    shard = Shard(
        np.concatenate([d[0] for d in documents]),
        np.concatenate([d[1] for d in documents]),
        np.cumsum([0, *(len(d[0]) for d in documents)]),
    )
    part = path.with_suffix(".part.npz")
    np.savez(part, ids=shard.ids, weights=shard.weights, offsets=shard.offsets)
    part.replace(path)
    return shard


def batches(shard: Shard, n_tokens: int, seed: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Padded (ids, weights) of about `n_tokens` tokens each, documents of like length together."""
    rng = np.random.default_rng(seed)
    lengths = np.diff(shard.offsets)
    order = np.argsort(lengths + rng.uniform(0, 24, len(lengths)), kind="stable")
    groups: list[list[int]] = [[]]
    widest = 0
    for i in order:
        widest = max(widest, int(lengths[i]))
        if widest * (len(groups[-1]) + 1) > n_tokens and groups[-1]:
            groups.append([])
            widest = int(lengths[i])
        groups[-1].append(int(i))
    for g in rng.permutation(len(groups)):
        width = -(-max(int(lengths[i]) for i in groups[g]) // WIDTH_STEP) * WIDTH_STEP
        ids = np.zeros((len(groups[g]), width), dtype=np.int64)
        weights = np.zeros((len(groups[g]), width), dtype=np.float32)
        for row, i in enumerate(groups[g]):
            part = slice(int(shard.offsets[i]), int(shard.offsets[i + 1]))
            ids[row, : lengths[i]], weights[row, : lengths[i]] = shard.ids[part], shard.weights[part]
        yield ids, weights


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--tokenizer", type=Path, required=True)
    parser.add_argument("--first", type=int, default=0, help="number of the first shard")
    parser.add_argument("--shards", type=int, default=10)
    parser.add_argument("--dense", type=int, nargs="*", default=[2, 4], help="numbers of the shards of stage 0")
    parser.add_argument("--dialogues", type=int, default=2200, help="per shard")
    parser.add_argument("--judgements", type=int, default=0, help="of one tool, for each dialogue (data/judging.py)")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--seed", type=int, default=1000, help="of shard 0")
    Sources.add_options(parser)
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    numbers = range(args.first, args.first + args.shards)
    with ProcessPoolExecutor(args.jobs) as pool:
        for line in pool.map(_make_one, itertools.repeat(args), numbers):
            print(line, flush=True)


def _make_one(args: argparse.Namespace, number: int) -> str:
    path, stage = args.folder / f"{number:04d}.npz", int(number not in args.dense)
    tokenizer = Tokenizer.from_file(str(args.tokenizer))
    sources = Sources.given(args)
    shard = make(path, tokenizer, args.seed + number, args.dialogues, stage, sources, judgements=args.judgements)
    said = int((shard.weights == 1).sum())
    return f"{path}: {len(shard.offsets) - 1} documents, {len(shard.ids)} tokens, {said} said by the assistant"


if __name__ == "__main__":
    main()
