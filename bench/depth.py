"""Tokens per second deep in a conversation, beside libllama's default settings with one thread a core.

The default takes the flash path, which on some processors reads prompts quicker and writes slower. Bare loops under
both paths show what holds here; the engine runs under its own settings (`electron-local doctor --tune` measures them).
The contestants alternate; medians. Run it on an otherwise idle machine.
"""

from __future__ import annotations

import time
from contextlib import ExitStack

from claims import Claims, bench_arguments, engine_facts, median, median_ratio, model_of
from electron_local import _core
from electron_local.engine import Engine, EngineOptions
from fixed_choice import FixedChoice
from one_stream import tokens_per_s

OURS = "electron_local"
DEFAULT = "libllama's default"
TRADE = 1.5  # from which the paths differ so much that a choice must pay


def main() -> None:
    parser = bench_arguments(__doc__)
    parser.set_defaults(model="smollm2-135m:Q4_0")
    parser.add_argument("--depth", type=int, default=2048)
    parser.add_argument("--tokens", type=int, default=64)
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    depth, n_tokens, n_runs = (256, 8, 1) if arguments.quick else (arguments.depth, arguments.tokens, arguments.runs)
    model, n_cores = model_of(arguments), _core.n_physical_cores()
    n_ctx = max(4096, depth + n_tokens + 64)
    prompt = [100 + i % 150 for i in range(depth)]
    choices = [
        FixedChoice(DEFAULT, n_cores, None),
        FixedChoice("flash attention on", n_cores, True),
        FixedChoice("flash attention off", n_cores, False),
    ]
    with ExitStack() as stack:
        engine = stack.enter_context(Engine(model, options=EngineOptions(n_ctx=n_ctx, speculation="off")))
        loops = {choice.name: stack.enter_context(choice.start(model, n_ctx)) for choice in choices}
        claims = Claims("depth", model=model.name, depth=depth, settings=engine_facts(engine), why=engine.reasons)
        reading: dict[str, list[float]] = {name: [] for name in (OURS, *loops)}
        writing: dict[str, list[float]] = {name: [] for name in (OURS, *loops)}
        begin = time.perf_counter()
        engine.prefill(prompt)
        reading[OURS].append(depth / (time.perf_counter() - begin))
        for name, loop in loops.items():
            reading[name].append(1000 * depth / loop.first_token_ms(prompt))
        for _ in range(n_runs):
            writing[OURS].append(tokens_per_s(engine, prompt, n_tokens))
            for name, loop in loops.items():
                writing[name].append(loop.tokens_per_s(prompt, n_tokens, n_kept=depth - 1))
    for name in (OURS, *loops):
        claims.value(f"writes: {name}", median(writing[name]), "tokens/s")
        claims.value(f"reads: {name}", median(reading[name]), "tokens/s")
    paths = {name: median(writing[name]) for name in ("flash attention on", "flash attention off")}
    trade = paths["flash attention off"] / paths["flash attention on"]
    claims.value("writing without flash attention to with it", trade)
    to_default = median_ratio(writing[OURS], writing[DEFAULT])
    if trade >= TRADE:
        claims.ratio("writing to libllama's default", to_default, at_least=TRADE)
    else:
        claims.value("writing to libllama's default", to_default)
    claims.ratio("writing to the better path", median(writing[OURS]) / max(paths.values()), at_least=0.9)
    claims.value("reading to libllama's default", median(reading[OURS]) / median(reading[DEFAULT]))
    claims.finish()


if __name__ == "__main__":
    main()
