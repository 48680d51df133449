"""Train on shards, with a constant rate that decays to zero at the end; resumes from its own checkpoint.

Checkpoints hold the weights, their moving average (what is evaluated and exported), and the optimisers.
"""

from __future__ import annotations

import argparse
import itertools
import os
import queue
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from torch import Tensor

from model import Nano, Shape, quick_type
from muon import Muon
from pace import Pace
from shards import Shard, batches
from tokenizer import base_of_spaced
from vocabulary import give_meanings, meanings

LIGHT_SHARE = 0.125
# Above the gradients of tokens that a batch lacks: Adam else moves their rows as far as those of the tokens it holds.
ADAM_EPS = 1e-5


@dataclass(frozen=True)
class Batch:
    """Token ids (rows, width), the flat positions whose next token counts, how much each of these counts, and which
    of them the assistant says."""

    ids: Tensor
    select: Tensor
    weights: Tensor
    said: Tensor

    @classmethod
    def made(cls, ids: np.ndarray, weights: np.ndarray, rng: np.random.Generator) -> Batch:
        """Light tokens are sampled, and count more for it."""
        weight = weights[:, 1:].flatten()
        share = np.maximum(weight, LIGHT_SHARE)
        select = np.flatnonzero((weight > 0) & (rng.random(len(weight)) < share))
        kept = (weight / share)[select].astype(np.float32)
        return cls(*map(torch.from_numpy, (ids, select, kept, weight[select] == 1)))

    def to(self, device: str) -> Batch:
        if device == "cpu":
            return self
        parts = (t.pin_memory().to(device, non_blocking=True) for t in (self.ids, self.select, self.weights, self.said))
        return Batch(*parts)


def loss_of(model: Nano, batch: Batch) -> tuple[Tensor, Tensor]:
    """Weighted cross-entropy to learn from, and the plain one of what the assistant says."""
    target = batch.ids[:, 1:].flatten()[batch.select]
    kind = quick_type(batch.ids.device)
    with torch.autocast(batch.ids.device.type, dtype=torch.bfloat16, enabled=kind == torch.bfloat16):
        logits = model(batch.ids[:, :-1], batch.select)
    losses = F.cross_entropy(logits.float(), target, reduction="none")
    said_loss = (losses.detach() * batch.said).sum() / batch.said.sum()
    return (losses * batch.weights).sum() / batch.weights.sum(), said_loss


def optimisers(model: Nano, args: argparse.Namespace) -> list[torch.optim.Optimizer]:
    """Muon for the matrices, AdamW for the embeddings and the norms; each group knows its peak rate."""
    matrices = [p for p in model.blocks.parameters() if p.ndim == 2]
    norms = [p for p in model.blocks.parameters() if p.ndim == 1]
    groups = [
        {"params": [model.piece, model.space], "lr": args.rate},
        {"params": norms, "lr": args.rate / 2},
        {"params": [model.norm.weight], "lr": args.rate / 10},
    ]
    optims = [
        Muon(matrices, lr=args.matrix_rate),
        torch.optim.AdamW(groups, betas=(0.9, 0.95), eps=ADAM_EPS, weight_decay=0.0),
    ]
    for group in (g for optim in optims for g in optim.param_groups):
        group["peak"] = group["lr"]
    return optims


def stream(folder: Path, n_tokens: int, start: int) -> Iterator[tuple[int, Batch]]:
    """Batches of the shards from number `start`, those made meanwhile too; seen ones again when none is new."""
    seen: set[int] = set(range(start))
    rng = np.random.default_rng(start)
    for epoch in itertools.count():
        paths = {int(path.stem): path for path in folder.glob("[0-9]*.npz") if path.stem.isdigit()}
        if not paths:
            raise SystemExit(f"no shards in {folder}: make them with shards.py")
        new = [number for number in sorted(paths) if number not in seen]
        number = new[0] if new else int(rng.choice(sorted(paths)))
        seen.add(number)
        for ids, weights in batches(Shard.load(paths[number]), n_tokens, seed=epoch * 10_000 + number):
            yield number, Batch.made(ids, weights, rng)


def ahead(batches: Iterator[tuple[int, Batch]], depth: int = 8) -> Iterator[tuple[int, Batch]]:
    """The same, made by a thread while the network learns."""
    made: queue.Queue[tuple[int, Batch]] = queue.Queue(depth)

    def fill() -> None:
        for item in batches:
            made.put(item)

    threading.Thread(target=fill, daemon=True).start()
    while True:
        yield made.get()


def arguments() -> argparse.Namespace:
    shape = Shape()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("shards", type=Path)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--tokenizer", type=Path, required=True)
    parser.add_argument("--words", type=Path, help="table of words.py, for the start of a new network")
    parser.add_argument("--tokens", type=float, default=15e6, help="tokens to train on, decay included")
    parser.add_argument("--seconds", type=float, help="end after this time, decay included, instead")
    parser.add_argument("--decay", type=float, default=0.25, help="share of the tokens with a falling rate")
    parser.add_argument("--batch", type=int, default=3072, help="tokens a step")
    parser.add_argument("--rate", type=float, default=3e-3, help="AdamW, embeddings; norms less")
    parser.add_argument("--matrix-rate", type=float, default=6e-3, help="Muon, matrices")
    parser.add_argument("--average", type=float, default=0.995, help="of the moving average of the weights")
    parser.add_argument("--save-every", type=float, default=120, help="seconds")
    parser.add_argument("--keep-every", type=float, default=2e6, help="tokens between checkpoints that stay")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--compile", action="store_true", help="compile the blocks: a minute more, then faster")
    sizes = parser.add_argument_group("size of a new network (a checkpoint keeps its own)")
    for name in ("width", "n_layers", "n_heads", "n_kv_heads", "hidden"):
        sizes.add_argument(f"--{name.replace('_', '-')}", type=int, default=getattr(shape, name))
    return parser.parse_args()


@dataclass
class Run:
    """A training run: the network, its moving average, the optimisers, and how far it is."""

    args: argparse.Namespace
    model: Nano
    average: Nano
    optims: list[torch.optim.Optimizer]
    seen: int = 0
    step: int = 0
    shard: int = 0
    began: float = field(default_factory=time.time)

    @classmethod
    def start(cls, args: argparse.Namespace) -> Run:
        """A new run, or the one of the checkpoint where it exists."""
        tokenizer = Tokenizer.from_file(str(args.tokenizer))
        state = torch.load(args.checkpoint, weights_only=True, map_location="cpu") if args.checkpoint.exists() else None
        sizes = {name: getattr(args, name) for name in ("width", "n_layers", "n_heads", "n_kv_heads", "hidden")}
        shape = Shape(**state["shape"]) if state else Shape(vocab_size=tokenizer.get_vocab_size(), **sizes)
        base = base_of_spaced(tokenizer)
        model, average = (Nano(shape, base) for _ in range(2))
        if args.words and not state:
            give_meanings(model, tokenizer, meanings(args.words, shape.width))
        model, average = model.to(args.device), average.to(args.device)
        average.load_state_dict(state["average"] if state else model.state_dict())
        run = cls(args, model, average, optimisers(model, args))
        if state:
            model.load_state_dict(state["model"])
            if state["optims"]:
                for optim, saved in zip(run.optims, state["optims"], strict=True):
                    optim.load_state_dict(saved)
            run.seen, run.step, run.shard = state["seen"], state["step"], state["shard"]
        if args.compile:
            for block in model.blocks:
                block.compile(dynamic=True)
        return run

    def left(self) -> float:
        """The share of the run that is left."""
        if self.args.seconds:
            return 1 - (time.time() - self.began) / self.args.seconds
        return 1 - self.seen / self.args.tokens

    def rate(self) -> float:
        """Share of the peak rate: a short warm-up, a plateau, a linear decay to zero."""
        return min(1.0, (self.step + 1) / 100, max(0.0, self.left() / self.args.decay))

    def update(self, batch: Batch) -> Tensor:
        """One step; returns the loss of what the assistant says."""
        for group in (g for optim in self.optims for g in optim.param_groups):
            group["lr"] = group["peak"] * self.rate()
        loss, said = loss_of(self.model, batch)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        for optim in self.optims:
            optim.step()
            optim.zero_grad()
        self.model.center()
        keep = min(self.args.average, self.step / (self.step + 9))
        with torch.no_grad():
            torch._foreach_lerp_(list(self.average.parameters()), list(self.model.parameters()), 1 - keep)
        self.step, self.seen = self.step + 1, self.seen + batch.ids.numel()
        return said

    def save(self, path: Path) -> None:
        part = path.with_suffix(".part")
        state: dict[str, Any] = {"model": self.model.state_dict(), "average": self.average.state_dict()}
        state |= {"shape": asdict(self.model.shape), "optims": [o.state_dict() for o in self.optims]}
        state |= {"seen": self.seen, "step": self.step, "shard": self.shard}
        torch.save(state, part)
        part.replace(path)


def main() -> None:
    args = arguments()
    torch.manual_seed(args.seed)
    run, pace = Run.start(args), Pace()
    print(f"{sum(p.numel() for p in run.model.parameters()) / 1e6:.2f}M parameters, {run.seen / 1e6:.2f}M tokens seen")
    saved_at = printed_at = time.time()
    kept_seen = printed_seen = run.seen
    losses: list[Tensor] = []
    for number, batch in ahead(stream(args.shards, args.batch, run.shard)):
        run.shard = number
        losses.append(run.update(batch.to(args.device)))
        if args.device == "cpu":
            pace.after_step(batch.ids.numel())
        if len(losses) == 50:
            said = float(torch.stack(losses).mean())
            now = time.time()
            speed, printed_at, printed_seen = (run.seen - printed_seen) / (now - printed_at), now, run.seen
            place = f"step {run.step} shard {run.shard} tokens {run.seen / 1e6:.2f}M"
            print(f"{place} said {said:.4f} rate {run.rate():.2f} {speed:.0f}/s x{torch.get_num_threads()}", flush=True)
            losses = []
        done = run.left() <= 0
        if done or time.time() - saved_at > args.save_every:
            run.save(args.checkpoint)
            saved_at = time.time()
        if run.seen - kept_seen > args.keep_every:
            run.save(args.checkpoint.with_stem(f"{args.checkpoint.stem}-{run.seen // 1_000_000}M"))
            kept_seen = run.seen
        if done:
            return


if __name__ == "__main__":
    main()
