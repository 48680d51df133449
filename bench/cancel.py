"""Milliseconds from a cancel to a free decoder: in the prefill of a 4,096-token prompt, and in decode.

The prompt is read up to each of several depths; there, prefill goes on and is cancelled after a random part of a
batch, again and again (a cancelled batch leaves nothing behind, so the depth stays). In decode the cancel falls at a
random moment of a step and may take until that step has ended. Run it on an otherwise idle machine.
"""

from __future__ import annotations

import random
import time

from claims import Claims, bench_arguments, engine_facts, median, model_of, p95
from drawn_tokens import drawn_tokens, exactly
from electron_local.engine import Engine, EngineOptions, Generation

LARGE_BYTES = 256e6  # from here on the bound is that of Qwen3-0.6B, below that of SmolLM2-135M
BOUND_MS, LARGE_BOUND_MS = 8.0, 15.0
TOLERANCE_STEPS = 1.25  # steps differ in length


def cancel_ms(generation: Generation) -> float:
    """From the flag to the end of the request, which comes when the decoder is free."""
    begin = time.perf_counter()
    generation.cancel()
    for _ in generation:
        pass
    return 1000 * (time.perf_counter() - begin)


def in_prefill(engine: Engine, prompt: list[int], depths: list[int], n_runs: int, rng: random.Random) -> list[float]:
    found = []
    for depth in depths:
        if depth:
            engine.prefill(prompt[:depth])
        batch_s = prefill_s(engine, prompt[: depth + engine.settings.n_batch])
        for _ in range(n_runs):
            other = prompt[:depth] + drawn_tokens(engine, len(prompt) - depth, rng)
            generation = engine.submit(other, exactly(engine, 1))
            time.sleep(rng.uniform(0.1, 0.9) * batch_s)
            took_ms = cancel_ms(generation)
            if generation.finish_reason == "cancelled":  # a quick step may have read the whole rest
                found.append(took_ms)
    return found


def prefill_s(engine: Engine, tokens: list[int]) -> float:
    begin = time.perf_counter()
    engine.prefill(tokens)
    return time.perf_counter() - begin


def in_decode(engine: Engine, n_runs: int, rng: random.Random) -> tuple[list[float], float]:
    """Milliseconds of each cancel, and of a step."""
    prompt = drawn_tokens(engine, 64, rng)
    n_taken = 8
    times = []
    step_ms: list[float] = []
    for _ in range(n_runs):
        generation = engine.submit(prompt, exactly(engine, 64))
        last = 0.0
        for i, _ in enumerate(generation):
            now = time.perf_counter()
            if i > 0:
                step_ms.append(1000 * (now - last))
            last = now
            if i == n_taken:
                break
        time.sleep(rng.random() * median(step_ms) / 1000)
        times.append(cancel_ms(generation))
    return times, median(step_ms)


def main() -> None:
    parser = bench_arguments(__doc__)
    parser.add_argument("--prompt", type=int, default=4096)
    parser.add_argument("--depths", type=int, default=4, help="how many, evenly over the prompt")
    parser.add_argument("--runs", type=int, default=25, help="cancels at each depth")
    parser.add_argument("--batch", type=int, default=EngineOptions.n_batch, help="tokens of a prefill step")
    parser.add_argument("--threads", type=int, default=None)
    arguments = parser.parse_args()
    n_prompt, n_depths, n_runs = arguments.prompt, arguments.depths, arguments.runs
    if arguments.quick:
        n_prompt, n_depths, n_runs = 512, 2, 5
    model = model_of(arguments)
    rng = random.Random(1)
    options = EngineOptions(n_ctx=n_prompt, n_batch=arguments.batch, n_threads=arguments.threads)
    with Engine(model, options=options) as engine:
        n_batch = engine.settings.n_batch
        deepest = max(0, n_prompt - n_batch - 8)
        depths = sorted({round(i * deepest / max(1, n_depths - 1)) for i in range(n_depths)})
        prefill = in_prefill(engine, drawn_tokens(engine, n_prompt - 8, rng), depths, n_runs, rng)
        decode, step_ms = in_decode(engine, 2 * n_runs, rng)
        claims = Claims("cancel", model=model.name, prompt=n_prompt, depths=depths, settings=engine_facts(engine))
    bound_ms = LARGE_BOUND_MS if model.stat().st_size > LARGE_BYTES else BOUND_MS
    claims.value("in prefill, p50", median(prefill), "ms")
    claims.value("in prefill, most", max(prefill), "ms")
    claims.ratio("in prefill, p95", p95(prefill), "ms", at_most=bound_ms)
    claims.value("in decode, p50", median(decode), "ms")
    claims.value("a step", step_ms, "ms")
    claims.ratio("in decode, p95 to a step", p95(decode) / step_ms, at_most=TOLERANCE_STEPS)
    claims.finish()


if __name__ == "__main__":
    main()
