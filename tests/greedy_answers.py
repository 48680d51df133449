"""Answers of an engine as tokens, the likeliest ones unless asked otherwise."""

from __future__ import annotations

from electron_local.engine import Engine, SamplingParams

GREEDY = SamplingParams(temperature=0, max_tokens=8)


def tokens_of(engine: Engine, tokens: list[int], params: SamplingParams = GREEDY) -> list[int]:
    return [event.token for event in engine.submit(tokens, params) if event.token >= 0]
