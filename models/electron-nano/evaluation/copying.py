"""Copying alone: runs of tokens drawn at random from the whole vocabulary, which the model is to go on repeating."""

from __future__ import annotations

from random import Random

from electron_local.generation import SamplingParams

from .score import Score
from .speaker import Speaker

FIRST_WORD = 261  # behind the control tokens and the bytes
N_SHOWN, N_BEGUN, N_ASKED = 40, 4, 12


def repeated_runs(speaker: Speaker, score: Score, each: int) -> None:
    """A run, its beginning once more, and what the model writes behind that."""
    rng, engine = Random("runs"), speaker.client.engine
    endings = {token: -100.0 for token in engine.model.end_of_generation}
    params = SamplingParams(temperature=0, max_tokens=N_ASKED, logit_bias=endings)
    for _ in range(4 * each):
        run = [rng.randrange(FIRST_WORD, engine.model.n_vocab) for _ in range(N_SHOWN)]
        told = [event.token for event in engine.submit(run + run[:N_BEGUN], params) if event.token >= 0]
        for expected, got in zip(run[N_BEGUN:], told, strict=False):
            shown = f"{engine.detokenize([expected])!r} -> {engine.detokenize([got])!r}"
            score.add("copying: token of a random run", expected == got, shown)
