"""LFM2's form: `<|tool_call_start|>[name(key="text"), other()]<|tool_call_end|>`.

Source: Liquid AI's model cards of LFM2 and LFM2.5. Their templates list the tools and leave calls to the content.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from electron_local.chat.grammars import value_rule
from electron_local.chat.tool_formats.json_call import read_close
from electron_local.chat.tool_formats.ordered_rules import Member, is_plain, ordered
from electron_local.chat.tool_formats.python_call import read_python_calls
from electron_local.chat.tool_formats.run_parser import RunParser
from electron_local.chat.tool_formats.run_reader import Cursor, Signals
from electron_local.chat.tools import CallRules, Check, Terminal, ToolParser, check_nothing

_OPEN = "<|tool_call_start|>"
_CLOSE = "<|tool_call_end|>"
_FREE = ['free: member (", " member)*', "member: KEY value", "KEY: /[A-Za-z_][A-Za-z0-9_]*=/", "value: %json {}"]


class Lfm2Format:
    """A list of Python calls between two marks."""

    marker = _OPEN
    special = (_OPEN, _CLOSE)
    separator: str | None = None
    is_prompted = False

    def fits(self, template: str) -> bool:
        """Whether the template lists tools in Liquid AI's words."""
        return "List of tools: " in template and "<|im_start|>" in template

    def rules(self, tools: Mapping[str, Mapping[str, Any]], terminal: Terminal, *, several: bool) -> CallRules:
        """The list. Strings are written as JSON's, which Python reads; single words as Python's."""
        lines, calls, loose = [], [], set()
        for i, (name, schema) in enumerate(tools.items()):
            arguments, rules, is_loose = _arguments(f"t{i}", schema)
            calls.append(f"{json.dumps(name + '(')} {arguments} {json.dumps(')')}")
            lines += rules
            if is_loose:
                loose.add(name)
        lines += _FREE if any(" free" in call for call in calls) else []
        more = ' (", " call)*' if several else ""
        body = "\n".join([f"call: {' | '.join(calls)}", *lines])
        return CallRules(f'"[" call{more} "]" {terminal(_CLOSE)}', body, frozenset(loose))

    def parser(self, names: Iterable[str], *, hold: bool, check: Check = check_nothing) -> ToolParser:
        """A parser for one answer. Arguments come out as JSON."""
        return RunParser(frozenset(names), _read_run, (_OPEN,), hold=hold, check=check)

    def write(self, calls: Sequence[Mapping[str, Any]]) -> str:
        """All calls in one list."""
        return f"{_OPEN}[{', '.join(map(_write_call, calls))}]{_CLOSE}"


def _read_run(cursor: Cursor, names: Collection[str]) -> Signals:
    yield from read_python_calls(cursor, names)
    yield from read_close(cursor, _CLOSE)


def _arguments(prefix: str, schema: Mapping[str, Any]) -> tuple[str, list[str], bool]:
    """How one tool's arguments stand in a rule, the rules they need, and whether these fall short of the schema."""
    if not is_plain(schema):
        return "free?", [], True
    properties, required = schema.get("properties", {}), schema.get("required", [])
    if not properties:
        others = schema.get("additionalProperties", "properties" not in schema)
        return ("free?", [], others is not True) if others else ("", [], False)
    if not all(key.isidentifier() for key in properties):
        return "free?", [], True
    rules, members = [], []
    for j, (key, inner) in enumerate(properties.items()):
        value = f"{prefix}_v{j}"
        is_boolean = (
            isinstance(inner, Mapping) and inner.get("type") == "boolean" and not {"enum", "const"} & inner.keys()
        )
        rules.append(f'{value}: "True" | "False"' if is_boolean else value_rule(value, schema, key))
        members.append(Member(f"{json.dumps(key + '=')} {value}", key in required))
    name, ordering = ordered(prefix, members, ", ")
    return name, rules + ordering, False


def _write_call(call: Mapping[str, Any]) -> str:
    arguments = call["arguments"]
    if not isinstance(arguments, Mapping):
        return f"{call['name']}({arguments})"
    return f"{call['name']}({', '.join(f'{key}={_literal(value)}' for key, value in arguments.items())})"


def _literal(value: Any) -> str:
    return repr(value) if value is None or isinstance(value, bool) else json.dumps(value, ensure_ascii=False)
