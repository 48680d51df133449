"""One trial of a setting, in a process of its own: how quickly a model reads and writes under it.

Run as `python -m electron_local.tuning.trial JSON`: a model's path and a list of trials, each the arguments of
`try_options`. Prints one line of JSON a trial, with the CPUs that `neighbours` kept busy meanwhile.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from typing import Any

from electron_local.engine import Engine, EngineOptions, SamplingParams
from electron_local.processor import busy_cpu_seconds

_LEAST_S, _LEAST_RUNS = 0.4, 3  # of writing: a small model is timed for as long as a large one
_MARGIN = 8  # tokens of the context that stay free


def try_options(model: str, n_prompt: int, n_more: int, options: dict[str, Any]) -> dict[str, float]:
    """Seconds a token: `prefill` of `n_prompt` tokens, and `decode` behind them (0 when `n_more` is under 2)."""
    n_ctx = n_prompt + n_more + _MARGIN
    alone = EngineOptions(n_ctx=n_ctx, n_parallel=1, n_cached=1, tune="off", speculation="off", **options)
    with Engine(model, options=alone) as engine:
        eog = engine.model.end_of_generation
        usable = [token for token in range(min(engine.model.n_vocab, 1000)) if token not in eog]
        prompt = [usable[i % len(usable)] for i in range(n_prompt)]
        engine.prefill(prompt[:_MARGIN])  # pages of the weights, threads
        begin = time.perf_counter()
        engine.prefill(prompt)
        prefill = (time.perf_counter() - begin) / (n_prompt - _MARGIN)
        if n_more < 2:
            return {"prefill": prefill, "decode": 0.0}
        bias = {token: -100.0 for token in eog}
        params = SamplingParams(temperature=0, max_tokens=n_more, logit_bias=bias)
        runs: list[float] = []  # whole runs: tokens of quick steps reach a reader several at once
        while sum(runs) < _LEAST_S or len(runs) < _LEAST_RUNS:
            stamps = [time.perf_counter() for _ in engine.submit(prompt, params)]
            runs.append(stamps[-1] - stamps[0])
        return {"prefill": prefill, "decode": statistics.median(runs) / (n_more - 1)}


def main() -> None:
    """Run the trials that the first argument lists."""
    task = json.loads(sys.argv[1])
    for trial in task["trials"]:
        begin, busy, own = time.perf_counter(), busy_cpu_seconds(), time.process_time()
        found = try_options(task["model"], **trial)
        after = busy_cpu_seconds()
        if busy is not None and after is not None:
            others = after - busy - (time.process_time() - own)
            found["neighbours"] = max(0.0, others) / (time.perf_counter() - begin)
        print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
