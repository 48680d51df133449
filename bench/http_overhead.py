"""Milliseconds that HTTP adds to a request: `electron-local serve` in a process of its own, beside the same in-process.

Both answer the same short request with one token; the connection is kept alive. Calls alternate; medians, p95 and their
difference are printed. Then `--streams` clients stream at once over HTTP, and their ends are counted. JSON with the
machine's facts is on the last line. Run it on an otherwise idle machine.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from electron_local import Electron
from electron_local.model_files import bundled_model

N_WARM_UP = 20


def chat(content: str, max_tokens: int, **fields: Any) -> dict[str, Any]:
    messages = [{"role": "user", "content": content}]
    return {"model": "electron", "messages": messages, "temperature": 0, "max_tokens": max_tokens, **fields}


def post(connection: http.client.HTTPConnection, body: dict[str, Any]) -> tuple[int, bytes]:
    connection.request("POST", "/v1/chat/completions", json.dumps(body), {"Content-Type": "application/json"})
    answer = connection.getresponse()
    return answer.status, answer.read()


def elapsed_ms(call: Callable[[], Any]) -> float:
    begin = time.perf_counter()
    call()
    return (time.perf_counter() - begin) * 1000


def stream(address: str, number: int) -> str:
    """How one client's stream ended: `done`, or the status that refused it."""
    connection = http.client.HTTPConnection(address, timeout=120)
    status, received = post(connection, chat(f"Count to {number}.", 40, stream=True))
    connection.close()
    return "done" if status == 200 and received.endswith(b"data: [DONE]\n\n") else str(status)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=bundled_model())
    parser.add_argument("--requests", type=int, default=500)
    parser.add_argument("--streams", type=int, default=64)
    arguments = parser.parse_args()
    words = [sys.executable, "-m", "electron_local.cli", "serve", "--port", "0", "--model", str(arguments.model)]
    inside: list[float] = []
    over: list[float] = []
    body = chat("hello", 1)
    with (
        Electron(arguments.model) as client,
        subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server,
    ):
        assert server.stdout is not None
        address = urlsplit(server.stdout.readline().split()[-1]).netloc
        connection = http.client.HTTPConnection(address, timeout=120)
        for _ in range(N_WARM_UP + arguments.requests):
            inside.append(elapsed_ms(lambda: client.chat.completions.create(**body)))
            over.append(elapsed_ms(lambda: post(connection, body)))
        connection.close()
        with ThreadPoolExecutor(arguments.streams) as pool:
            ends = Counter(pool.map(lambda number: stream(address, number), range(arguments.streams)))
        server.terminate()
    rows = {"inside": inside[N_WARM_UP:], "over_http": over[N_WARM_UP:]}
    found: dict[str, Any] = {}
    for name, values in rows.items():
        found[f"{name}_ms"] = round(statistics.median(values), 3)
        found[f"{name}_p95_ms"] = round(statistics.quantiles(values, n=20)[-1], 3)
        print(f"{name:<10} {found[f'{name}_ms']:8.3f} ms   p95 {found[f'{name}_p95_ms']:8.3f} ms")
    found["overhead_ms"] = round(found["over_http_ms"] - found["inside_ms"], 3)
    print(f"overhead   {found['overhead_ms']:8.3f} ms")
    print(f"{arguments.streams} streams at once: {dict(ends)}")
    facts = {"machine": platform.platform(), "cpus": len(os.sched_getaffinity(0)), "model": arguments.model.name}
    print(json.dumps({**facts, **found, "streams": dict(ends)}))


if __name__ == "__main__":
    main()
