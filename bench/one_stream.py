"""How quickly one stream of an engine is written, through the Python streaming API."""

from __future__ import annotations

import math
import time

from electron_local.engine import Engine, SamplingParams


def tokens_per_s(engine: Engine, prompt: list[int], n_tokens: int, longest_s: float = math.inf) -> float:
    """Tokens per second of one stream, counted from its first token; none is awaited after `longest_s` seconds."""
    eog = dict.fromkeys(engine.model.end_of_generation, -100.0)
    params = SamplingParams(temperature=0, max_tokens=n_tokens + 1, logit_bias=eog)
    generation = engine.submit(prompt, params)
    events = iter(generation)
    next(events)
    begin = end = time.perf_counter()
    n = 0
    while n < n_tokens and end - begin < longest_s:
        n += next(events).token >= 0
        end = time.perf_counter()
    generation.cancel()
    generation.wait()
    return n / (end - begin)
