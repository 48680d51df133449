"""Tokens per second through the Python streaming API, beside llama-cpp-python on the same GGUF in the same run.

One stream behind a prompt of `--depth` tokens; the same while the cache holds other conversations; then `--sessions`
streams at once. The last two are ours alone: the peer has neither. Runs alternate; medians and ratios are printed, and
JSON with the machine's facts on the last line. The peer runs in a process of its own with its default settings and the
same number of threads. Run it on an otherwise idle machine.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

from electron_local.engine import Engine, EngineOptions, SamplingParams
from electron_local.model_files import bundled_model

PEER = """
import sys, time
from llama_cpp import Llama
model, n_ctx, n_threads, depth, n_tokens = sys.argv[1], *map(int, sys.argv[2:6])
llama = Llama(model, n_ctx=n_ctx, n_threads=n_threads, n_threads_batch=n_threads, verbose=False)
prompt = [100 + i % 150 for i in range(depth)]
stream = llama.generate(prompt, temp=0.0)
next(stream)
begin = time.perf_counter()
for i, token in enumerate(stream):
    llama.detokenize([token])
    if i + 1 == n_tokens:
        break
print(n_tokens / (time.perf_counter() - begin))
"""


def ours(engine: Engine, depth: int, n_tokens: int, first: int = 100) -> float:
    """Tokens per second of one stream, counted from its first token."""
    prompt = [first + i % 150 for i in range(depth)]
    eog = {token: -100.0 for token in engine.model.end_of_generation}
    params = SamplingParams(temperature=0, max_tokens=n_tokens + 1, logit_bias=eog)
    events = iter(engine.submit(prompt, params))
    next(events)
    begin = time.perf_counter()
    n = sum(1 for event in events if event.token >= 0)
    return n / (time.perf_counter() - begin)


def peer(model: Path, engine: Engine, depth: int, n_tokens: int) -> float:
    command = [
        sys.executable,
        "-c",
        PEER,
        str(model),
        str(engine.n_ctx),
        str(engine.settings.n_threads),
        str(depth),
        str(n_tokens),
    ]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def together(engine: Engine, n_sessions: int, depth: int, n_tokens: int) -> float:
    """Tokens per second of all sessions, the reading of their prompts included."""
    threads = [threading.Thread(target=ours, args=(engine, depth, n_tokens, 100 + i)) for i in range(n_sessions)]
    begin = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return n_sessions * n_tokens / (time.perf_counter() - begin)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=bundled_model())
    parser.add_argument("--depth", type=int, default=512)
    parser.add_argument("--tokens", type=int, default=128)
    parser.add_argument("--sessions", type=int, default=4)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=None)
    arguments = parser.parse_args()
    n_ctx = arguments.depth + 2 * arguments.tokens
    n_cells = n_ctx * (arguments.sessions + 1)
    one_only = EngineOptions(n_ctx=n_ctx, n_threads=arguments.threads)
    several = EngineOptions(n_ctx=n_ctx, cache_tokens=n_cells, n_threads=arguments.threads)
    rates: dict[str, list[float]] = {"one": [], "llama_cpp_python": [], "together": [], "one_beside_others": []}
    with Engine(arguments.model, options=one_only) as small, Engine(arguments.model, options=several) as large:
        n_threads = small.settings.n_threads
        for _ in range(arguments.runs):
            rates["one"].append(ours(small, arguments.depth, arguments.tokens))
            rates["llama_cpp_python"].append(peer(arguments.model, small, arguments.depth, arguments.tokens))
            rates["together"].append(together(large, arguments.sessions, arguments.depth, arguments.tokens))
            rates["one_beside_others"].append(ours(large, arguments.depth, arguments.tokens))
    one, other, batch, beside = (statistics.median(values) for values in rates.values())
    print(f"{arguments.model.name}, {arguments.depth} tokens deep, {n_threads} threads")
    print(f"one stream                    {one:8.1f} tokens/s")
    print(f"llama-cpp-python              {other:8.1f} tokens/s   one stream is {one / other:.2f} of it")
    print(f"{arguments.sessions} streams together            {batch:8.1f} tokens/s   {batch / one:.2f} of one stream")
    print(f"one beside cached others      {beside:8.1f} tokens/s   {beside / one:.2f} of one stream")
    facts = {"machine": platform.platform(), "cpus": len(os.sched_getaffinity(0)), "model": arguments.model.name}
    medians = {name: round(statistics.median(values), 1) for name, values in rates.items()}
    print(json.dumps({**facts, "threads": n_threads, "depth": arguments.depth, **medians}))


if __name__ == "__main__":
    main()
