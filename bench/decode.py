"""Tokens per second through the Python streaming API, beside a bare libllama loop and llama-cpp-python.

One stream behind a prompt of `--depth` tokens, another one in each run, without guessing ahead (`prompt_lookup.py`
measures that); the prompt's own time does not count. The bare loop runs under our settings; llama-cpp-python under the
best of its own: one to all threads, with and without flash attention. All have room for `--context` tokens: libllama's
attention is a few per cent slower over a larger cache, however little of it is filled. Then `--sessions` streams at
once, their prompts included, and one stream while the cache holds the others. The contestants alternate in runs of a
third of a second or more, for the first milliseconds after a pause say little; medians, also of the ratios of
neighbours. Run it on an otherwise idle machine.
"""

from __future__ import annotations

import random
import threading
import time

from bare_llama import BareLlama
from claims import Claims, bench_arguments, engine_facts, median, median_ratio, model_of
from drawn_tokens import drawn_tokens
from electron_local.engine import Engine, EngineOptions
from one_stream import tokens_per_s
from peer_llama import best_peer

RUN_S = 0.35
LEAST_TOKENS = 64


def together(engine: Engine, prompts: list[list[int]], n_tokens: int) -> float:
    """Tokens per second of all sessions, the reading of their prompts included."""
    threads = [threading.Thread(target=tokens_per_s, args=(engine, prompt, n_tokens)) for prompt in prompts]
    begin = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(prompts) * n_tokens / (time.perf_counter() - begin)


def main() -> None:
    parser = bench_arguments(__doc__)
    parser.add_argument("--depth", type=int, default=512)
    parser.add_argument("--tokens", type=int, default=None, help="a run; default: what takes long enough")
    parser.add_argument("--context", type=int, default=4096, help="tokens a request may have, for all contestants")
    parser.add_argument("--sessions", type=int, default=4)
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--threads", type=int, default=None)
    arguments = parser.parse_args()
    n_runs = 3 if arguments.quick else arguments.runs
    model, depth, rng = model_of(arguments), arguments.depth, random.Random(1)
    n_ctx = max(arguments.context, depth + 2 * LEAST_TOKENS)
    options = EngineOptions(n_ctx=n_ctx, n_threads=arguments.threads, speculation="off")
    with Engine(model, options=options) as engine:
        prompts = [drawn_tokens(engine, depth, rng) for _ in range(arguments.sessions + 1)]
        rate = tokens_per_s(engine, prompts[0], LEAST_TOKENS)
    n_tokens = arguments.tokens or min(max(LEAST_TOKENS, int(RUN_S * rate)), n_ctx - depth - 1)
    if arguments.quick:
        n_tokens = 16
    several = EngineOptions(
        n_ctx=n_ctx,
        n_threads=arguments.threads,
        speculation="off",
        cache_tokens=n_ctx + (depth + 2 * n_tokens) * len(prompts),
    )
    one: list[float] = []
    bare: list[float] = []
    peers: list[float] = []
    with (
        Engine(model, options=options) as engine,
        BareLlama.like(engine, model) as loop,
        best_peer(model, n_ctx, prompts[0], n_tokens) as peer,
    ):
        for run in range(n_runs + 1):
            prompt = drawn_tokens(engine, depth, rng)
            rates = (
                tokens_per_s(engine, prompt, n_tokens),
                loop.tokens_per_s(prompt, n_tokens),
                peer.tokens_per_s(prompt, n_tokens),
            )
            if run:
                for values, rate in zip((one, bare, peers), rates, strict=True):
                    values.append(rate)
        settings = engine_facts(engine)
    with Engine(model, options=several) as large:
        batch = [together(large, prompts[1:], n_tokens) for _ in range(3)]
        beside = [tokens_per_s(large, prompts[0], n_tokens) for _ in range(max(3, n_runs // 4))]
    claims = Claims("decode", model=model.name, depth=depth, tokens=n_tokens, peer=peer.name, settings=settings)
    claims.value("one stream", median(one), "tokens/s")
    claims.value("bare libllama loop, same settings", median(bare), "tokens/s")
    claims.value(f"llama-cpp-python, {peer.name}", median(peers), "tokens/s")
    claims.value(f"{arguments.sessions} streams together", median(batch), "tokens/s")
    claims.value("one stream beside cached others", median(beside), "tokens/s")
    claims.ratio("one stream to llama-cpp-python", median_ratio(one, peers), at_least=1.0)
    claims.ratio("one stream to the bare loop", median_ratio(one, bare), at_least=0.97)
    claims.finish()


if __name__ == "__main__":
    main()
