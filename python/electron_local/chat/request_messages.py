"""Checking `messages`, and bringing each into the one form that chat templates get."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from electron_local.chat.checks import Fields, as_plain, kind

MAX_MESSAGES = 200
INSTRUCTING_ROLES = ("system", "developer")
ROLES = (*INSTRUCTING_ROLES, "user", "assistant", "tool")


def read_messages(fields: Fields) -> tuple[dict[str, Any], ...]:
    """1 to MAX_MESSAGES messages; typed results of earlier turns are taken as they are. Notes problems."""
    value = fields.get("messages")
    if not isinstance(value, list | tuple):
        code = "missing" if value is None else "invalid_type"
        fields.refuse("messages", code, f"must be an array of 1 to {MAX_MESSAGES} messages, not {kind(value)}")
        return ()
    if not 1 <= len(value) <= MAX_MESSAGES:
        code = "too_big" if value else "too_small"
        fields.refuse("messages", code, f"has {len(value)} messages; must be between 1 and {MAX_MESSAGES}")
        return ()
    call_ids: set[str] = set()
    messages = []
    for index, item in enumerate(value):
        plain = as_plain(item)
        path = (*fields.path, "messages", index)
        if isinstance(plain, Mapping):
            messages.append(_read_message(Fields(plain, fields.problems, path), call_ids))
        else:
            fields.problems.add(path, "invalid_type", f"messages[{index}] must be an object, not {kind(plain)}")
    return tuple(messages)


def _read_message(fields: Fields, call_ids: set[str]) -> dict[str, Any]:
    role = _read_role(fields)
    message: dict[str, Any] = {"role": role}
    calls = _read_tool_calls(fields, call_ids) if role == "assistant" else []
    message["content"] = _read_content(fields, may_be_null=bool(calls))
    if calls:
        message["tool_calls"] = calls
    if role == "tool":
        message["tool_call_id"] = _read_tool_call_id(fields, call_ids)
    for name in ("name", "reasoning_content"):
        text = fields.string(name)
        if text is not None:
            message[name] = text
    return message


def _read_role(fields: Fields) -> str:
    if fields.get("role") is None:
        fields.refuse("role", "missing", f"is required; one of {', '.join(ROLES)}")
        return ""
    role = fields.string("role")
    if role is not None and role not in ROLES:
        fields.refuse("role", "invalid_value", f"is {role[:40]!r}; one of {', '.join(ROLES)}")
    return role or ""


def _read_content(fields: Fields, *, may_be_null: bool) -> str:
    value = fields.get("content")
    if value is None:
        if not may_be_null:
            fields.refuse("content", "missing", "is required (null only on an assistant message with tool_calls)")
        return ""
    if isinstance(value, list | tuple):
        return "".join(_read_part(fields, index, as_plain(part)) for index, part in enumerate(value))
    if not isinstance(value, str):
        fields.refuse("content", "invalid_type", f"must be a string or an array of text parts, not {kind(value)}")
        return ""
    return fields.string("content") or ""


def _read_part(fields: Fields, index: int, part: Any) -> str:
    path = (*fields.path, "content", index)
    if not isinstance(part, Mapping):
        inner = Fields({}, fields.problems, fields.path)
        inner.refuse("content", "invalid_type", f"has at [{index}] {kind(part)}; must be a text part")
        return ""
    inner = Fields(part, fields.problems, path)
    if part.get("type") != "text":
        given = f"is {str(part['type'])[:40]!r}" if "type" in part else "is missing"
        inner.refuse("type", "unsupported", f"{given}; only 'text' parts can be read")
        return ""
    if part.get("text") is None:
        inner.refuse("text", "missing", "is required")
    return inner.string("text") or ""


def _read_tool_calls(fields: Fields, call_ids: set[str]) -> list[dict[str, Any]]:
    value = fields.get("tool_calls")
    if value is None:
        return []
    if not isinstance(value, list | tuple):
        fields.refuse("tool_calls", "invalid_type", f"must be an array, not {kind(value)}")
        return []
    calls = []
    for index, item in enumerate(value):
        plain = as_plain(item)
        path = (*fields.path, "tool_calls", index)
        if not isinstance(plain, Mapping):
            fields.refuse("tool_calls", "invalid_type", f"has at [{index}] {kind(plain)}; must be an object")
            continue
        calls.append(_read_tool_call(Fields(plain, fields.problems, path), call_ids))
    return calls


def _read_tool_call(fields: Fields, call_ids: set[str]) -> dict[str, Any]:
    if fields.get("type") not in (None, "function"):
        fields.refuse("type", "invalid_value", f"is {str(fields.get('type'))[:40]!r}; must be 'function'")
    call_id = _required(fields, "id")
    call_ids.add(call_id)
    function = as_plain(fields.get("function"))
    if not isinstance(function, Mapping):
        fields.refuse("function", "missing" if function is None else "invalid_type", "must be an object")
        function = {"name": "", "arguments": ""}
    inner = Fields(function, fields.problems, (*fields.path, "function"))
    named = {"name": _required(inner, "name"), "arguments": _required(inner, "arguments")}
    return {"id": call_id, "type": "function", "function": named}


def _required(fields: Fields, name: str) -> str:
    if fields.get(name) is None:
        fields.refuse(name, "missing", "is required")
    return fields.string(name) or ""


def _read_tool_call_id(fields: Fields, call_ids: set[str]) -> str:
    call_id = _required(fields, "tool_call_id")
    if isinstance(fields.get("tool_call_id"), str) and call_id not in call_ids:
        fields.refuse("tool_call_id", "invalid_value", f"is {call_id[:60]!r}, the id of no tool call before it")
    return call_id
