"""What the chat facade costs above the core: streaming through `create`, beside `Engine.submit` with the same tokens.

Both stream the same answer to the same prompt of about `--prompt` tokens in the same process, in turns, from a warm
prefix cache. A request's overhead is what its first text comes later by; a token's is what the rest of the stream takes
longer, shared out, and the same once more as processor time of the thread that reads, which no decode step can hide.
Then a conversation of about `--long` tokens, to which a turn is added, is checked, rendered and tokenised, beside plain
jinja2 and the tokeniser on the whole text. Medians; JSON with the machine's facts is on the last line. Run it on an
otherwise idle machine.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import statistics
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from electron_local import AsyncElectron, Electron
from electron_local.chat.template import ChatTemplate
from electron_local.engine import Engine, SamplingParams
from electron_local.model_files import bundled_model

N_WARM_UP = 5
WORDS = ("a", "large", "flat", "white", "with", "oat", "milk", "and", "one", "piece", "of", "carrot", "cake", "please")
AIMS = {
    "request, ms": 1.0,
    "token, µs": 30.0,
    "async request, ms": 1.0,
    "async token, µs": 30.0,
    "long conversation, ms": 3.0,
}


@dataclass(frozen=True)
class Stream:
    """One streamed answer, in seconds: until the first text, from there to the end, and the reader's processor time."""

    first: float
    rest: float
    cpu: float
    n_tokens: int


def conversation(client: Electron, n_tokens: int, first: int = 0) -> list[dict[str, str]]:
    """Messages, a user's last, that render to at least `n_tokens` tokens."""
    messages = [{"role": "system", "content": "You are a kiosk. Answer in one short sentence."}]
    while True:
        n = len(messages)
        messages.append({"role": "user", "content": sentence(first + n)})
        if len(client.chat_path.prompt_tokens(body(messages, 1))) >= n_tokens:
            return messages
        messages.append({"role": "assistant", "content": sentence(first + n + 1)})


def sentence(number: int) -> str:
    return " ".join(WORDS[(number * 7 + i * (number + 3)) % len(WORDS)] for i in range(8))


def body(messages: list[dict[str, str]], n_tokens: int, bias: dict[int, float] | None = None) -> dict[str, Any]:
    fields = {"model": "electron", "messages": messages, "temperature": 0, "max_tokens": n_tokens, "stream": True}
    return fields | ({"logit_bias": bias} if bias else {})


class Clock:
    """Times one stream; `mark` at each piece that brought text."""

    def __init__(self) -> None:
        self.cpu = time.thread_time()
        self.begin = self.first = self.last = time.perf_counter()
        self.n_marks = 0

    def mark(self) -> None:
        self.last = time.perf_counter()
        if not self.n_marks:
            self.first = self.last
        self.n_marks += 1

    def stream(self, n_tokens: int) -> Stream:
        return Stream(self.first - self.begin, self.last - self.first, time.thread_time() - self.cpu, n_tokens)


def directly(engine: Engine, tokens: list[int], params: SamplingParams) -> Stream:
    clock = Clock()
    for event in engine.submit(tokens, params):
        if event.text:
            clock.mark()
    return clock.stream(params.max_tokens or 1)


def through_facade(client: Electron, request: dict[str, Any]) -> Stream:
    clock = Clock()
    for chunk in client.chat.completions.create(**request):
        if chunk.choices and chunk.choices[0].delta.content:
            clock.mark()
    return clock.stream(request["max_tokens"])


async def through_async_facade(client: AsyncElectron, request: dict[str, Any]) -> Stream:
    clock = Clock()
    async for chunk in await client.chat.completions.create(**request):
        if chunk.choices and chunk.choices[0].delta.content:
            clock.mark()
    return clock.stream(request["max_tokens"])


def compare(client: Electron, n_prompt: int, n_tokens: int, n_runs: int) -> dict[str, float]:
    """Overheads of one request, and of each of its tokens."""
    engine = client.engine
    forbidden = {token: -100.0 for token in engine.model.end_of_generation}
    request = body(conversation(client, n_prompt), n_tokens, forbidden)
    tokens = client.chat_path.prompt_tokens(request)
    params = SamplingParams(temperature=0, max_tokens=n_tokens, logit_bias=forbidden)
    runs: dict[str, list[Stream]] = {"direct": [], "": [], "async ": []}
    other = AsyncElectron(engine=engine)
    loop = asyncio.new_event_loop()
    for _ in range(N_WARM_UP + n_runs):
        runs["direct"].append(directly(engine, tokens, params))
        runs[""].append(through_facade(client, request))
        runs["async "].append(loop.run_until_complete(through_async_facade(other, request)))
    loop.close()
    kept = {name: streams[N_WARM_UP:] for name, streams in runs.items()}
    direct = kept.pop("direct")
    found = {"prompt tokens": float(len(tokens)), "tokens": float(n_tokens)}
    found["direct first text, ms"] = 1e3 * median(each.first for each in direct)
    found["direct token, µs"] = 1e6 * median(each.rest / n_tokens for each in direct)
    for name, streams in kept.items():
        found[f"{name}request, ms"] = 1e3 * (median(s.first for s in streams) - median(d.first for d in direct))
        found[f"{name}token, µs"] = 1e6 * (median(s.rest for s in streams) - median(d.rest for d in direct)) / n_tokens
        found[f"{name}token, µs of cpu"] = (
            1e6 * (median(s.cpu for s in streams) - median(d.cpu for d in direct)) / n_tokens
        )
    return found


def long_conversation(client: Electron, n_tokens: int, n_runs: int) -> dict[str, float]:
    """Each run adds a turn to a conversation that was rendered before, and times what the facade does to it."""
    path, model = client.chat_path, client.engine.model
    template = ChatTemplate(model.chat_template, bos_token=model.bos_token, eos_token=model.eos_token)
    turns, whole, n_found = [], [], 0
    for run in range(n_runs):
        messages = conversation(client, n_tokens, first=1000 * run)
        messages += [{"role": "assistant", "content": sentence(run)}, {"role": "user", "content": sentence(run + 1)}]
        request = body(messages, 1)
        begin = time.perf_counter()
        tokens = path.prompt_tokens(request)
        turns.append(time.perf_counter() - begin)
        begin = time.perf_counter()
        plain = client.engine.tokenize(template.render(messages))
        whole.append(time.perf_counter() - begin)
        assert tokens == plain, "the facade's tokens differ from those of the whole text"
        n_found = len(tokens)
    found, plain_ms = 1e3 * median(turns), 1e3 * median(whole)
    return {
        "long conversation, tokens": float(n_found),
        "long conversation, ms": found,
        "whole rendered and tokenised, ms": plain_ms,
        "ratio to the whole": found / plain_ms,
    }


def median(values: Iterable[float]) -> float:
    return statistics.median(values)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=bundled_model())
    parser.add_argument("--prompt", type=int, default=100)
    parser.add_argument("--long", type=int, default=1500)
    parser.add_argument("--tokens", type=int, default=64)
    parser.add_argument("--runs", type=int, default=60)
    arguments = parser.parse_args()
    with Electron(arguments.model) as client:
        found = compare(client, arguments.prompt, arguments.tokens, arguments.runs)
        found |= long_conversation(client, arguments.long, arguments.runs)
    for name, value in found.items():
        print(f"{name:<34} {value:9.3f}" + (f"   (aim: at most {AIMS[name]:g})" if name in AIMS else ""))
    facts = {"machine": platform.platform(), "cpus": len(os.sched_getaffinity(0)), "model": arguments.model.name}
    print(json.dumps({**facts, **{name: round(value, 4) for name, value in found.items()}}, ensure_ascii=False))


if __name__ == "__main__":
    main()
