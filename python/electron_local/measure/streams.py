"""One request, timed: every measurement is made of these."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from electron_local.engine import Engine, SamplingParams


@dataclass(frozen=True)
class TimedStream:
    """Seconds from the submission to the first token, and from there to the last."""

    first_s: float
    rest_s: float
    n_tokens: int
    cached_tokens: int


def timed_stream(engine: Engine, tokens: list[int], params: SamplingParams) -> TimedStream:
    """Run one request to its end."""
    begin = time.perf_counter()
    generation = engine.submit(tokens, params)
    first = last = begin
    n_tokens = 0
    for event in generation:
        if event.token < 0:
            continue
        last = time.perf_counter()
        if not n_tokens:
            first = last
        n_tokens += 1
    return TimedStream(first - begin, last - first, n_tokens, generation.usage.cached_tokens)


def timed_together(engine: Engine, requests: list[tuple[list[int], SamplingParams]]) -> float:
    """Tokens a second of all requests together, prompts included. Raises what any of them raises."""
    with ThreadPoolExecutor(len(requests)) as pool:
        begin = time.perf_counter()
        streams = list(pool.map(lambda request: timed_stream(engine, *request), requests))
        elapsed = time.perf_counter() - begin
    return sum(stream.n_tokens for stream in streams) / elapsed


def timed_cancel(engine: Engine, tokens: list[int], params: SamplingParams, after_s: float) -> float | None:
    """Seconds from `cancel`, called `after_s` after the submission, to the end; None when it ended before."""
    generation = engine.submit(tokens, params)
    ended = threading.Event()

    def read() -> None:
        generation.wait()
        ended.set()

    reader = threading.Thread(target=read)
    reader.start()
    was_in_time = not ended.wait(after_s)
    begin = time.perf_counter()
    generation.cancel()
    reader.join()
    return time.perf_counter() - begin if was_in_time and generation.finish_reason == "cancelled" else None
