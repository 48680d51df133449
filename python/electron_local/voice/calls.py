"""Puts streamed tool-call deltas together."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from electron_local.voice.history import ToolCall
from electron_local.voice.ids import new_id


@dataclass(frozen=True)
class CallDelta:
    """A fragment; `name` in the first one of a call."""

    call_id: str
    name: str | None
    arguments: str


class CallCollector:
    """The calls of one response. A call is complete when its arguments are, when the next one begins, or when the model
    says `tool_calls`.

    Calls that the token limit cut are never complete.
    """

    def __init__(self) -> None:
        self._open: dict[int, ToolCall] = {}
        self._n_completed = 0

    def push(self, deltas: Iterable[Any]) -> list[CallDelta]:
        """Take the `delta.tool_calls` of one chunk."""
        fragments = []
        for delta in deltas:
            function = delta.function
            text = (function.arguments if function else None) or ""
            known = self._open.get(delta.index)
            if known is None:
                call = ToolCall(delta.id or new_id("call"), (function.name if function else None) or "", text)
                fragments.append(CallDelta(call.id, call.name, text))
            else:
                call = ToolCall(known.id, known.name, known.arguments + text)
                fragments.append(CallDelta(call.id, None, text))
            self._open[delta.index] = call
        return fragments

    def completed(self, finish_reason: str | None) -> list[ToolCall]:
        """The calls that became complete since the last time, in order."""
        calls = [self._open[index] for index in sorted(self._open)]
        is_new = self._n_completed < len(calls)
        is_last_whole = finish_reason in ("tool_calls", "stop") or (is_new and _is_object(calls[-1].arguments))
        n_completed = len(calls) if is_last_whole else max(len(calls) - 1, 0)
        fresh = calls[self._n_completed : n_completed]
        self._n_completed = max(self._n_completed, n_completed)
        return fresh


def _is_object(text: str) -> bool:
    """Whether `text` is a JSON object; no beginning of one is.

    >>> [_is_object(text) for text in ('{"a": {}', '{"a": {}}', "")]
    [False, True, False]
    """
    if not text.rstrip().endswith("}"):
        return False
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False
