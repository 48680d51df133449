"""Tokens a second of a 500-token conversation while the cache is full of others, beside the same in an empty cache.

Two engines with the same settings: one has read other conversations until its cells were used up, the other none. The
conversation is a new one in every run; runs alternate; medians. Run it on an otherwise idle machine.
"""

from __future__ import annotations

import random
import time

from claims import Claims, bench_arguments, engine_facts, median, median_ratio, model_of
from drawn_tokens import drawn_tokens, exactly
from electron_local.engine import Engine, EngineOptions


def tokens_per_s(engine: Engine, prompt: list[int], n_tokens: int) -> float:
    """Of one stream, counted from its first token."""
    events = iter(engine.submit(prompt, exactly(engine, n_tokens + 1)))
    next(events)
    begin = time.perf_counter()
    n = sum(1 for event in events if event.token >= 0)
    return n / (time.perf_counter() - begin)


def fill(engine: Engine, n_tokens: int, rng: random.Random) -> int:
    """Read conversations of `n_tokens` until every cell was in use; how many."""
    for n in range(1, 2 + engine.settings.n_cells // n_tokens):
        engine.prefill(drawn_tokens(engine, n_tokens, rng))
        if engine.stats()["cache"]["evictions"] > 0 and n * n_tokens >= engine.settings.n_cells:
            return n
    return n


def main() -> None:
    parser = bench_arguments(__doc__)
    parser.add_argument("--conversation", type=int, default=500)
    parser.add_argument("--cache-tokens", type=int, default=8192)
    parser.add_argument("--tokens", type=int, default=64)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=None)
    arguments = parser.parse_args()
    n_cells, n_tokens, n_runs = arguments.cache_tokens, arguments.tokens, arguments.runs
    if arguments.quick:
        n_cells, n_tokens, n_runs = 2048, 16, 2
    model = model_of(arguments)
    n_ctx = arguments.conversation + n_tokens + 1
    rng = random.Random(1)
    rates: dict[str, list[float]] = {"full": [], "empty": []}
    options = EngineOptions(n_ctx=n_ctx, cache_tokens=n_cells, n_threads=arguments.threads)
    with Engine(model, options=options) as full:
        n_others = fill(full, arguments.conversation, rng)
        for _ in range(n_runs):
            prompt = drawn_tokens(full, arguments.conversation, rng)
            rates["full"].append(tokens_per_s(full, prompt, n_tokens))
            with Engine(model, options=options) as empty:
                rates["empty"].append(tokens_per_s(empty, prompt, n_tokens))
        claims = Claims("full_cache", model=model.name, others=n_others, settings=engine_facts(full))
        cache = full.stats()["cache"]
    claims.value("in an empty cache", median(rates["empty"]), "tokens/s")
    claims.value("in a full cache", median(rates["full"]), "tokens/s")
    claims.value("conversations in cells", cache["leaves_live"])
    claims.value("conversations in host memory", cache["leaves_host"])
    claims.ratio("full to empty", median_ratio(rates["full"], rates["empty"]), at_least=0.9)
    claims.finish()


if __name__ == "__main__":
    main()
