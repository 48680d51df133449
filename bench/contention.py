"""Tokens per second beside busy neighbours: Electron under one setting, and bare libllama loops under fixed choices.

Cases: alone, beside one and beside two busy processes, beside one of lowest priority. libllama's default is one
spinning thread a core, as its own programs have it; llama-cpp-python's is half as many. All contestants use the same
attention. They alternate within a case, behind another prompt in each round; medians of the rounds are compared. Run it
on an otherwise idle machine: every process that is busy in the background is one neighbour more.
"""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from claims import Claims, bench_arguments, engine_facts, median, model_of
from drawn_tokens import drawn_tokens
from electron_local import _core
from electron_local.engine import Engine, EngineOptions
from electron_local.processor import busy_cpu_seconds
from fixed_choice import FixedChoice
from one_stream import tokens_per_s

OURS = "electron_local"
DEFAULT = "libllama's default"
CASES = {
    "alone": [],
    "one busy": [["nice", "-n", "0"]],
    "two busy": [["nice", "-n", "0"]] * 2,
    "one niced": [["nice", "-n", "19"]],
}
AIMS = {"one busy": 1.5, "two busy": 2.0}
CALM_S = 0.4
MOST_BUSY = 0.15  # CPUs


@contextmanager
def neighbours(prefixes: list[list[str]]) -> Iterator[None]:
    """One process for each of `prefixes` that never rests."""
    processes = [subprocess.Popen([*prefix, sys.executable, "-c", "while True: pass"]) for prefix in prefixes]
    time.sleep(0.3)  # until they run
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


def wait_for_calm(longest_s: float) -> bool:
    """Until nothing else runs, `longest_s` at most. False: something still did."""
    end = time.monotonic() + longest_s
    while True:
        before = busy_cpu_seconds()
        time.sleep(CALM_S)
        after = busy_cpu_seconds()
        if before is None or after is None or after - before < CALM_S * MOST_BUSY:
            return True
        if time.monotonic() > end:
            return False


def main() -> None:
    parser = bench_arguments(__doc__)
    parser.set_defaults(model="smollm2-135m:Q4_0")
    parser.add_argument("--depth", type=int, default=128)
    parser.add_argument("--tokens", type=int, default=150, help="a run, at most")
    parser.add_argument("--seconds", type=float, default=1.5, help="a run, at most")
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    n_tokens, n_runs = (20, 1) if arguments.quick else (arguments.tokens, arguments.runs)
    model, n_cores = model_of(arguments), _core.n_physical_cores()
    n_ctx = 4096
    rng = random.Random(1)
    with ExitStack() as stack:
        engine = stack.enter_context(Engine(model, options=EngineOptions(n_ctx=n_ctx, speculation="off")))
        flash = engine.settings.flash_attention
        choices = [
            FixedChoice(DEFAULT, n_cores, flash),
            FixedChoice("llama-cpp-python's default", max(n_cores // 2, 1), flash),
            FixedChoice("1 thread", 1, flash),
            FixedChoice(f"{n_cores} sleeping threads", n_cores, flash, "passive"),
        ]
        loops = {choice.name: stack.enter_context(choice.start(model, n_ctx)) for choice in choices}
        claims = Claims("contention", model=model.name, depth=arguments.depth, settings=engine_facts(engine))
        n_disturbed, n_kept = 0, arguments.depth - 1
        for case, prefixes in CASES.items():
            rates: dict[str, list[float]] = {name: [] for name in (OURS, *loops)}
            for _ in range(n_runs):
                prompt = drawn_tokens(engine, arguments.depth, rng)
                tokens_per_s(engine, prompt, 1)
                for loop in loops.values():
                    loop.first_token_ms(prompt)
                n_disturbed += not wait_for_calm(0 if arguments.quick else 10)
                with neighbours(prefixes):
                    rates[OURS].append(tokens_per_s(engine, prompt, n_tokens, arguments.seconds))
                    for name, loop in loops.items():
                        rates[name].append(loop.tokens_per_s(prompt, n_tokens, n_kept, arguments.seconds))
            found = {name: median(values) for name, values in rates.items()}
            for name, rate in found.items():
                claims.value(f"{case}: {name}", rate, "tokens/s")
            if case in AIMS:
                claims.ratio(f"{case}: to libllama's default", found[OURS] / found[DEFAULT], at_least=AIMS[case])
            best = max(rate for name, rate in found.items() if name != OURS)
            claims.ratio(f"{case}: to the best fixed choice", found[OURS] / best, at_least=0.85)
            if case == "alone":
                claims.ratio("alone: to spinning threads", found[OURS] / found[DEFAULT], at_least=0.95)
    claims.value("rounds that began beside other processes", n_disturbed)
    claims.finish()


if __name__ == "__main__":
    main()
