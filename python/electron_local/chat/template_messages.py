"""Requests' messages and tools in the form that one model's template takes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from electron_local.chat.control_tokens import ControlTokenGuard
from electron_local.chat.template_profile import TemplateProfile


class Arguments(dict[str, Any]):
    """A call's arguments: a mapping to templates that walk or dump them, JSON text to those that print them.

    >>> arguments = Arguments({"minutes": 5}, '{"minutes":5}')
    >>> arguments["minutes"], "args: " + arguments
    (5, 'args: {"minutes":5}')
    """

    def __init__(self, values: dict[str, Any], text: str) -> None:
        super().__init__(values)
        self._text = text

    def __str__(self) -> str:
        return self._text

    def __radd__(self, left: str) -> str:
        return left + self._text

    def __add__(self, right: str) -> str:
        return self._text + right


def prepare_messages(
    given: Sequence[dict[str, Any]], profile: TemplateProfile, guard: ControlTokenGuard
) -> list[dict[str, Any]]:
    """A copy of the messages that fits the template: roles, call ids, arguments; what callers wrote is guarded."""
    messages: list[dict[str, Any]] = guard.protect(given)
    for message in messages:
        if message["role"] == "developer" and not profile.takes_developer:
            message["role"] = "system"
        if "tool_call_id" in message:
            message["tool_call_id"] = _fit_id(message["tool_call_id"], profile.n_id_chars)
        if "tool_calls" in message and not message["content"] and profile.takes_null_content:
            message["content"] = None
        for call in message.get("tool_calls", ()):
            call["id"] = _fit_id(call["id"], profile.n_id_chars)
            call["function"]["arguments"] = _parse_arguments(call["function"]["arguments"], guard)
    return messages if profile.takes_system else _fold_system(messages)


def prepare_tools(
    given: Sequence[dict[str, Any]], profile: TemplateProfile, guard: ControlTokenGuard
) -> list[dict[str, Any]]:
    """A copy of the tools that fits the template: descriptions; what callers wrote is guarded."""
    tools: list[dict[str, Any]] = guard.protect(given)
    if not profile.takes_bare_tools:
        for tool in tools:
            function = tool["function"]
            function.setdefault("description", "")
            properties = function["parameters"].get("properties")
            for schema in properties.values() if isinstance(properties, dict) else ():
                if isinstance(schema, dict):
                    schema.setdefault("description", "")
    return tools


def _fold_system(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    folded: list[dict[str, Any]] = []
    waiting: list[str] = []
    for message in messages:
        if message["role"] == "system":
            waiting.append(message["content"])
            continue
        if waiting and message["role"] == "user":
            message["content"] = "\n\n".join([*waiting, message["content"]])
        elif waiting:
            folded.append({"role": "user", "content": "\n\n".join(waiting)})
        waiting.clear()
        folded.append(message)
    return [*folded, {"role": "user", "content": "\n\n".join(waiting)}] if waiting else folded


def _fit_id(call_id: str, n_chars: int | None) -> str:
    if n_chars is None or (len(call_id) == n_chars and call_id.isalnum()):
        return call_id
    return hashlib.sha256(call_id.encode()).hexdigest()[:n_chars]


def _parse_arguments(text: str, guard: ControlTokenGuard) -> Arguments | str:
    """Guarded once more behind the parser: a JSON escape may hide a control token from the first time."""
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return Arguments(guard.protect(values), text) if isinstance(values, dict) else text
