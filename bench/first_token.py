"""Milliseconds to the first token behind a cached prompt, beside a bare libllama loop, and beside the cold time.

1,500 tokens are cached and 20 follow. The bare loop, under the same settings, evaluates the same 20 behind the same
1,500 and takes the likeliest token. Cold: a prompt of the same length of which nothing is known. The contestants
alternate; medians, also of the ratios of neighbours. Run it on an otherwise idle machine.
"""

from __future__ import annotations

import random
import time

from bare_llama import BareLlama
from claims import Claims, bench_arguments, engine_facts, median, median_ratio, model_of, p95
from drawn_tokens import drawn_tokens, exactly
from electron_local.engine import Engine, EngineOptions


def first_token_ms(engine: Engine, prompt: list[int], n_cached: int) -> float:
    """From `submit` to the first event; `n_cached` tokens must have been found."""
    begin = time.perf_counter()
    generation = engine.submit(prompt, exactly(engine, 1))
    for _ in generation:
        elapsed_ms = 1000 * (time.perf_counter() - begin)
        break
    found = generation.wait().cached_tokens
    assert found == n_cached, f"{found} tokens were cached, not {n_cached}"
    return elapsed_ms


def main() -> None:
    parser = bench_arguments(__doc__)
    parser.add_argument("--cached", type=int, default=1500)
    parser.add_argument("--new", type=int, default=20)
    parser.add_argument("--context", type=int, default=4096, help="tokens a request may have, for both contestants")
    parser.add_argument("--runs", type=int, default=31)
    parser.add_argument("--threads", type=int, default=None)
    arguments = parser.parse_args()
    n_cached, n_new = (300, 20) if arguments.quick else (arguments.cached, arguments.new)
    n_runs = 3 if arguments.quick else arguments.runs
    model = model_of(arguments)
    n_ctx = max(arguments.context, n_cached + n_new + 64)
    options = EngineOptions(n_ctx=n_ctx, n_threads=arguments.threads)
    rng = random.Random(1)
    warm: list[float] = []
    bare: list[float] = []
    cold: list[float] = []
    with Engine(model, options=options) as engine, BareLlama.like(engine, model) as loop:
        prefix = drawn_tokens(engine, n_cached, rng)
        loop.first_token_ms(prefix)
        engine.prefill(prefix)
        for run in range(n_runs + 1):
            prompt = prefix + drawn_tokens(engine, n_new, rng)
            ours, theirs = first_token_ms(engine, prompt, n_cached), loop.first_token_ms(prompt, n_cached)
            if run:
                warm.append(ours)
                bare.append(theirs)
        for _ in range(2):
            cold.append(first_token_ms(engine, drawn_tokens(engine, n_cached + n_new, rng), 0))
        claims = Claims("first_token", model=model.name, cached=n_cached, new=n_new, settings=engine_facts(engine))
    claims.value("warm", median(warm), "ms")
    claims.value("warm, p95", p95(warm), "ms")
    claims.value("bare libllama loop", median(bare), "ms")
    claims.value("cold", median(cold), "ms")
    claims.ratio("warm to the bare loop", median_ratio(warm, bare), at_most=1.1)
    claims.ratio("warm to cold", median(warm) / median(cold), at_most=0.15)
    claims.finish()


if __name__ == "__main__":
    main()
