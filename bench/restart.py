"""Milliseconds to the first token after a restart, with a snapshot of the prompt's beginning on disk and without.

Every start is a process of its own: it opens the engine (that time is printed apart) and asks at once for the first
token behind a pinned prefix of 1,500 tokens and 20 more. Cold: no directory of snapshots. The two alternate; medians,
also of the ratios of neighbours. Run it on an otherwise idle machine.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from claims import Claims, bench_arguments, engine_facts, median, median_ratio, model_of
from electron_local.engine import Engine, EngineOptions, SamplingParams


def draw(seed: int, n: int, n_vocab: int) -> list[int]:
    rng = random.Random(seed)
    return [rng.randrange(n_vocab - 300) for _ in range(n)]  # neither special tokens nor the padding behind them


def start(model: Path, folder: str, n_prefix: int, n_new: int, pins: bool) -> dict[str, float]:
    """What one process sees, in this process."""
    options = EngineOptions(n_ctx=n_prefix + n_new + 64, cache_dir=folder or None)
    begin = time.perf_counter()
    with Engine(model, options=options) as engine:
        opened = time.perf_counter()
        prefix = draw(1, n_prefix, engine.model.n_vocab)
        if pins:
            engine.prefill(prefix, pin=True)
            return {}
        prompt = prefix + draw(2, n_new, engine.model.n_vocab)
        eog = {token: -100.0 for token in engine.model.end_of_generation}
        asked = time.perf_counter()
        generation = engine.submit(prompt, SamplingParams(temperature=0, max_tokens=1, logit_bias=eog))
        next(iter(generation))
        first_ms = 1000 * (time.perf_counter() - asked)
        cached = generation.wait().cached_tokens
    assert cached == (n_prefix if folder else 0), f"{cached} tokens were cached"
    return {"open_ms": 1000 * (opened - begin), "first_ms": first_ms}


def in_a_process(model: Path, folder: str, n_prefix: int, n_new: int, pins: bool = False) -> dict[str, float]:
    command = [sys.executable, __file__, "--model", str(model), "--prefix", str(n_prefix), "--new", str(n_new)]
    command += ["--start", folder] + (["--pin"] if pins else [])
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found: dict[str, float] = json.loads(output.splitlines()[-1])
    return found


def main() -> None:
    parser = bench_arguments(__doc__)
    parser.add_argument("--prefix", type=int, default=1500)
    parser.add_argument("--new", type=int, default=20)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--start", default=None, help=argparse.SUPPRESS)
    parser.add_argument("--pin", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    model = model_of(arguments)
    if arguments.start is not None:
        print(json.dumps(start(model, arguments.start, arguments.prefix, arguments.new, arguments.pin)))
        return
    n_prefix = min(arguments.prefix, 300) if arguments.quick else arguments.prefix
    n_runs = 2 if arguments.quick else arguments.runs
    with tempfile.TemporaryDirectory() as folder:
        in_a_process(model, folder, n_prefix, arguments.new, pins=True)
        n_bytes = sum(path.stat().st_size for path in Path(folder).iterdir())
        pairs = [
            (in_a_process(model, folder, n_prefix, arguments.new), in_a_process(model, "", n_prefix, arguments.new))
            for _ in range(n_runs)
        ]
    warm = [pair[0]["first_ms"] for pair in pairs]
    cold = [pair[1]["first_ms"] for pair in pairs]
    with Engine(model, options=EngineOptions(n_ctx=n_prefix + arguments.new + 64)) as engine:
        claims = Claims("restart", model=model.name, prefix=n_prefix, new=arguments.new, settings=engine_facts(engine))
    claims.value("snapshot on disk", n_bytes / 2**20, "MiB")
    claims.value("open with the snapshot", median([pair[0]["open_ms"] for pair in pairs]), "ms")
    claims.value("open without", median([pair[1]["open_ms"] for pair in pairs]), "ms")
    claims.value("first token with the snapshot", median(warm), "ms")
    claims.value("first token without", median(cold), "ms")
    claims.ratio("with the snapshot to without", median_ratio(warm, cold), at_most=0.15)
    claims.finish()


if __name__ == "__main__":
    main()
