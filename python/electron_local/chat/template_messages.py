"""Requests' messages and tools in the form that one model's template takes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from electron_local.chat.call_arguments import Arguments
from electron_local.chat.call_history import add_instructions, fit_calls
from electron_local.chat.control_tokens import ControlTokenGuard
from electron_local.chat.reasoning import Reasoning, fit_reasoning
from electron_local.chat.template_profile import TemplateProfile
from electron_local.chat.tools import ToolFormat


@dataclass(frozen=True)
class TemplateForms:
    """What the prompt needs to know of the model's template: see `TemplateProfile`, `ToolFormat`, `Reasoning`."""

    profile: TemplateProfile
    tool_format: ToolFormat
    reasoning: Reasoning | None


def prepare_messages(
    given: Sequence[dict[str, Any]], forms: TemplateForms, guard: ControlTokenGuard, instructions: str = ""
) -> list[dict[str, Any]]:
    """A copy of the messages that fits the template: roles, call ids, arguments; what callers wrote is guarded.

    `instructions` are the runtime's own, behind those of the system message.
    """
    profile = forms.profile
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
    messages = fit_calls(messages, profile, forms.tool_format)
    if forms.reasoning is not None:
        fit_reasoning(messages, profile, forms.reasoning)
    if instructions:
        messages = add_instructions(messages, instructions)
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
    """Guarded once more behind the parser: a JSON escape may hide a control token from the first time.

    What is no JSON, or has an escape that is half a character, which no prompt can hold, stays text.
    """
    try:
        values = json.loads(text)
        json.dumps(values, ensure_ascii=False).encode()
        guarded = guard.protect(values)
    except (ValueError, RecursionError):
        return text
    return Arguments(guarded, text) if isinstance(values, dict) else text
