"""The model under test, run as users run it: greedy, by the runtime, calls held to the tools that are offered."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from electron_local import Electron

Json = dict[str, Any]
MAX_TOKENS = 120


@dataclass(frozen=True)
class Answer:
    """What was said and what was called."""

    text: str
    calls: list[tuple[str, Json]]

    def __str__(self) -> str:
        called = [f"{name}({', '.join(f'{k}={v!r}' for k, v in args.items())})" for name, args in self.calls]
        return " ".join([*([repr(self.text)] if self.text else []), *called])


class Speaker:
    """Greedy answers of a GGUF."""

    def __init__(self, model: Path, n_threads: int = 1) -> None:
        self.client = Electron(model, n_threads=n_threads)
        self.seconds, self.n_tokens = 0.0, 0

    def answer(self, messages: list[Json], tools: list[Json] | None) -> Answer:
        began = time.perf_counter()
        completion = self.client.chat.completions.create(
            model="electron",
            messages=as_requested(messages),
            temperature=0,
            max_tokens=MAX_TOKENS,
            tools=tools or None,
            stream=False,
        )
        self.seconds += time.perf_counter() - began
        self.n_tokens += completion.usage.completion_tokens
        message = completion.choices[0].message
        called = [(c.function.name, _object(c.function.arguments)) for c in message.tool_calls or ()]
        return Answer(message.content or "", called)

    def close(self) -> None:
        self.client.close()


def _object(text: str) -> Json:
    """Arguments as an object; what is none, such as a cut one, stands for itself."""
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {"malformed": text}


def as_requested(messages: list[Json]) -> list[Json]:
    """Messages of the data as the chat API takes them: calls have ids, arguments are text."""
    found: list[Json] = []
    ids: Iterator[str] = iter(())
    for message in messages:
        changed: Json = {}
        if message["role"] == "assistant" and message.get("tool_calls"):
            changed["tool_calls"] = [_call(i, c["function"]) for i, c in enumerate(message["tool_calls"])]
            ids = iter([c["id"] for c in changed["tool_calls"]])
        elif message["role"] == "tool":
            changed["tool_call_id"] = next(ids)
        found.append({**message, **changed})
    return found


def _call(number: int, function: Json) -> Json:
    arguments = function["arguments"]
    text = arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)
    return {"type": "function", "id": f"call_{number}", "function": {"name": function["name"], "arguments": text}}


def answer_of(message: Json) -> Answer:
    """An assistant's message of the data as an answer, to compare with."""
    called = [(c["function"]["name"], c["function"]["arguments"]) for c in message.get("tool_calls", ())]
    return Answer(message.get("content") or "", called)
