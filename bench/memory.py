"""Resident memory over 2,000 mixed requests: plain chat, streams, tools, JSON, cancels, conversations that go on.

Memory after the first 200 requests is taken as the level; what it grows by until the last is printed. All requests go
through the client, as a user's would, four at a time. The memory for conversations that left the live cache has a
budget; it is set so small here that the first 200 requests fill it, they bring as many grammars as are kept compiled,
and what grows later is a leak. Times do not matter here, so the machine need not be idle.
"""

from __future__ import annotations

import gc
import os
import random
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any

from claims import Claims, bench_arguments, engine_facts, model_of
from electron_local import Electron
from electron_local.demo.agent import INSTRUCTIONS, TOOLS
from electron_local.engine import Engine, EngineOptions
from made_vocabulary import made_text

N_SETTLED = 200
N_AT_ONCE = 4
PAUSE_S = 0.5  # behind the last answer, conversations go to host memory
HOST_BYTES = 8 * 2**20
SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string", "maxLength": 12}, "days": {"type": "integer", "maximum": 9}},
    "required": ["city", "days"],
}


def resident_mb() -> float:
    """Of this process now."""
    n_pages = int(Path("/proc/self/statm").read_text().split()[1])
    return n_pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def body(seed: int, **fields: Any) -> dict[str, Any]:
    """A request of its own words, behind the system prompt that all share."""
    user = made_text(random.Random(seed).randrange(3, 40), seed=seed)
    messages = [{"role": "system", "content": INSTRUCTIONS}, {"role": "user", "content": user}]
    return {"model": "electron", "messages": messages, "max_tokens": 24, "seed": seed, **fields}


def chat(client: Electron, seed: int) -> None:
    client.chat.completions.create(**body(seed))


def stream(client: Electron, seed: int) -> None:
    for _ in client.chat.completions.create(**body(seed, stream=True, logprobs=True, top_logprobs=3)):
        pass


def tools(client: Electron, seed: int) -> None:
    client.chat.completions.create(**body(seed, tools=TOOLS, tool_choice="required", max_tokens=48))


def structured(client: Electron, seed: int) -> None:
    is_new = seed < N_SETTLED or seed % 4 == 0  # later a new grammar now and then
    schema = {**SCHEMA, "title": f"schema {seed}"} if is_new else SCHEMA
    form = {"type": "json_schema", "json_schema": {"name": "trip", "strict": True, "schema": schema}}
    client.chat.completions.create(**body(seed, response_format=form, max_tokens=48))


def cancelled(client: Electron, seed: int) -> None:
    with client.chat.completions.create(**body(seed, stream=True, max_tokens=200)) as chunks:
        for _, _ in zip(range(seed % 6), chunks, strict=False):
            pass


def continued(client: Electron, seed: int) -> None:
    request = body(seed)
    for turn in range(2):
        answer = client.chat.completions.create(**request).choices[0].message.content or ""
        said = [{"role": "assistant", "content": answer}, {"role": "user", "content": made_text(6, seed=seed + turn)}]
        request["messages"] = [*request["messages"], *said]


KINDS: tuple[Callable[[Electron, int], None], ...] = (chat, stream, tools, structured, cancelled, continued)


def main() -> None:
    parser = bench_arguments(__doc__)
    parser.add_argument("--requests", type=int, default=2000)
    arguments = parser.parse_args()
    n_requests = 300 if arguments.quick else arguments.requests
    model = model_of(arguments)
    rng = random.Random(1)
    kinds = [rng.choice(KINDS) for _ in range(n_requests)]
    options = EngineOptions(n_ctx=2048, host_bytes=HOST_BYTES)
    with (
        Engine(model, options=options) as engine,
        Electron(engine=engine) as client,
        ThreadPoolExecutor(N_AT_ONCE) as pool,
    ):

        def ask(first: int, end: int) -> float:
            list(pool.map(lambda i: kinds[i](client, i), range(first, end)))
            gc.collect()
            time.sleep(PAUSE_S)
            return resident_mb()

        settled = ask(0, N_SETTLED)
        n_steps = 4
        bounds = [N_SETTLED + i * (n_requests - N_SETTLED) // n_steps for i in range(n_steps + 1)]
        levels = [ask(first, end) for first, end in pairwise(bounds)]
        counts = dict(Counter(kind.__name__ for kind in kinds))
        claims = Claims("memory", model=model.name, requests=n_requests, kinds=counts, settings=engine_facts(engine))
        cache = client.stats()["cache"]
    claims.value(f"resident after {N_SETTLED} requests", settled, "MB")
    for end, level in zip(bounds[1:], levels, strict=True):
        claims.value(f"after {end}", level, "MB")
    claims.value("of it conversations in host memory", cache["host_bytes"] / 2**20, "MB")
    claims.ratio(f"growth after the first {N_SETTLED}", levels[-1] - settled, "MB", at_most=5.0)
    claims.finish()


if __name__ == "__main__":
    main()
