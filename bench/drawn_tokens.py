"""Prompts of drawn tokens, and parameters under which a model writes exactly as long as it is told."""

from __future__ import annotations

import random

from electron_local.engine import Engine, SamplingParams

N_KEPT_OUT = 300  # ids at the end of a vocabulary: special tokens, and padding behind them


def drawn_tokens(engine: Engine, n: int, rng: random.Random) -> list[int]:
    """`n` ordinary tokens."""
    return [rng.randrange(engine.model.n_vocab - N_KEPT_OUT) for _ in range(n)]


def exactly(engine: Engine, n_tokens: int) -> SamplingParams:
    """Greedy, and `n_tokens` long: what would end the answer is forbidden."""
    forbidden = {token: -100.0 for token in engine.model.end_of_generation}
    return SamplingParams(temperature=0, max_tokens=n_tokens, logit_bias=forbidden)
