"""Checking `tools` and `tool_choice`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

from electron_local.chat.checks import Fields, copy_json, kind
from electron_local.chat.schema_root import may_be_object

MAX_TOOLS = 64
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_MODES = ("auto", "required", "none")


@dataclass(frozen=True)
class ToolChoice:
    """Whether the answer may, must or must not call; `name` with mode `named` only."""

    mode: Literal["auto", "required", "none", "named"]
    name: str | None = None


AUTO = ToolChoice("auto")


def read_tools(fields: Fields) -> tuple[dict[str, Any], ...]:
    """Up to MAX_TOOLS functions as `{"type", "function": {"name", "description", "parameters"}}`. Notes problems."""
    value = fields.get("tools")
    if value is None:
        return ()
    if not isinstance(value, list | tuple):
        fields.refuse("tools", "invalid_type", f"must be an array, not {kind(value)}")
        return ()
    if len(value) > MAX_TOOLS:
        fields.refuse("tools", "too_big", f"has {len(value)} tools; at most {MAX_TOOLS}")
        return ()
    names: set[str] = set()
    tools = []
    for index, item in enumerate(value):
        if isinstance(item, Mapping):
            tools.append(_read_tool(Fields(item, fields.problems, (*fields.path, "tools", index)), names))
        else:
            path = (*fields.path, "tools", index)
            fields.problems.add(path, "invalid_type", f"tools[{index}] must be an object, not {kind(item)}")
    return tuple(tools)


def _read_tool(fields: Fields, names: set[str]) -> dict[str, Any]:
    if fields.get("type") != "function":
        given = f"is {str(fields.get('type'))[:40]!r}" if fields.get("type") is not None else "is missing"
        fields.refuse("type", "invalid_value", f"{given}; must be 'function'")
    function = fields.get("function")
    if not isinstance(function, Mapping):
        fields.refuse("function", "missing" if function is None else "invalid_type", "must be an object with a name")
        return {}
    inner = Fields(function, fields.problems, (*fields.path, "function"))
    tool: dict[str, Any] = {"name": _read_name(inner, names)}
    description = inner.string("description")
    if description is not None:
        tool["description"] = description
    tool["parameters"] = _read_parameters(inner)
    return {"type": "function", "function": tool}


def _read_name(fields: Fields, names: set[str]) -> str:
    if fields.get("name") is None:
        fields.refuse("name", "missing", "is required")
        return ""
    name = fields.string("name") or ""
    if not _NAME.fullmatch(name):
        fields.refuse("name", "invalid_value", f"is {name[:80]!r}; must be 1 to 64 of the characters A-Z a-z 0-9 _ -")
    elif name in names:
        fields.refuse("name", "invalid_value", f"is {name!r}, the name of an earlier tool; names must differ")
    names.add(name)
    return name


def _read_parameters(fields: Fields) -> Any:
    value = fields.get("parameters")
    if value is None:
        return {"type": "object", "properties": {}}
    if not isinstance(value, Mapping):
        fields.refuse("parameters", "invalid_type", f"must be an object (a JSON Schema), not {kind(value)}")
        return {}
    copied = copy_json(value, (*fields.path, "parameters"), fields.problems)
    if not may_be_object(copied):
        fields.refuse("parameters", "invalid_value", "allows no object, which the arguments of a call are")
    return copied


def read_tool_choice(fields: Fields, tools: tuple[dict[str, Any], ...]) -> ToolChoice:
    """`auto` when absent. `required` and a named function need tools. Notes problems."""
    value = fields.get("tool_choice")
    if value is None:
        return AUTO
    if isinstance(value, str):
        return _read_mode(fields, value, tools)
    if not isinstance(value, Mapping):
        fields.refuse("tool_choice", "invalid_type", f"must be a string or an object, not {kind(value)}")
        return AUTO
    inner = Fields(value, fields.problems, (*fields.path, "tool_choice"))
    function = inner.get("function")
    if inner.get("type") != "function" or not isinstance(function, Mapping):
        form = "{'type': 'function', 'function': {'name': …}}"
        fields.refuse("tool_choice", "invalid_value", f"must have the form {form}")
        return AUTO
    named = Fields(function, fields.problems, (*inner.path, "function"))
    name = named.string("name") or ""
    known = [tool["function"]["name"] for tool in tools if tool]
    if name not in known:
        named.refuse("name", "invalid_value", f"is {name[:80]!r}; must be the name of one of the {len(known)} tools")
    return ToolChoice("named", name)


def _read_mode(fields: Fields, value: str, tools: tuple[dict[str, Any], ...]) -> ToolChoice:
    if value not in _MODES:
        fields.refuse("tool_choice", "invalid_value", f"is {value[:40]!r}; one of {', '.join(_MODES)}, or a function")
        return AUTO
    if value == "required" and not tools:
        fields.refuse("tool_choice", "invalid_value", "is 'required' but the request has no tools")
    return ToolChoice(cast(Literal["auto", "required", "none"], value))
