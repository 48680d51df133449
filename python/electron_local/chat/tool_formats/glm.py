"""GLM's form: `<tool_call>name`, then `<arg_key>key</arg_key>` and `<arg_value>value</arg_value>` for each argument.

Sources: the chat templates of GLM 4.6, Laguna and Ling 3, with line breaks; of GLM 4.7 and Spark 2.5, without.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from electron_local.chat.tool_formats.run_parser import RunParser
from electron_local.chat.tool_formats.run_reader import ArgumentsText, CallDone, CallName, Cursor, NotACall, Signals
from electron_local.chat.tool_formats.tagged_value import (
    Schemas,
    as_text,
    read_until,
    schema_of,
    schemas_of,
    tagged_calls,
    value_json,
)
from electron_local.chat.tools import CallRules, Check, Terminal, ToolParser, check_nothing

_OPEN, _CLOSE = "<tool_call>", "</tool_call>"
_KEY, _KEY_END = "<arg_key>", "</arg_key>"
_VALUE, _VALUE_END = "<arg_value>", "</arg_value>"


@dataclass(frozen=True)
class GlmFormat:
    """`gap`: what stands between two tags. `needle`: what a template of this form contains."""

    gap: str
    needle: str

    marker = _OPEN
    special = (_OPEN, _CLOSE, _KEY, _KEY_END, _VALUE, _VALUE_END)
    separator: str | None = "\n"
    is_prompted = False

    def fits(self, template: str) -> bool:
        """Whether the template shows keys and values in tags of their own."""
        return _OPEN in template and self.needle in template

    def rules(self, tools: Mapping[str, Mapping[str, Any]], terminal: Terminal, *, several: bool) -> CallRules:
        """One alternative a tool."""

        def tag(key: str, value: str) -> str:
            gap = f"{json.dumps(self.gap)} " if self.gap else ""
            keyed = f"{terminal(_KEY)} {key} {terminal(_KEY_END)}"
            return f"{keyed} {gap}{terminal(_VALUE)} {value} {terminal(_VALUE_END)} {gap}".rstrip()

        def call(name: str, arguments: str) -> str:
            return f"{json.dumps(name + self.gap)} {arguments}"

        body, loose = tagged_calls(tools, tag, call)
        return CallRules(f"call {terminal(_CLOSE)}", body, loose)

    def parser(self, names: Iterable[str], *, hold: bool, check: Check = check_nothing) -> ToolParser:
        """A parser for one answer. Arguments come out as JSON, each when its tag closes."""
        read = partial(_read_run, schemas=schemas_of(names))
        return RunParser(frozenset(names), read, (_OPEN,), hold=hold, check=check)

    def write(self, calls: Sequence[Mapping[str, Any]]) -> str:
        """One pair of tags a call."""
        return "\n".join(f"{_OPEN}{call['name']}{self.gap}{self._write(call['arguments'])}{_CLOSE}" for call in calls)

    def _write(self, arguments: Any) -> str:
        given = arguments.items() if isinstance(arguments, Mapping) else [("arguments", arguments)]
        gap = self.gap
        tags = (f"{_KEY}{key}{_KEY_END}{gap}{_VALUE}{as_text(value)}{_VALUE_END}{gap}" for key, value in given)
        return "".join(tags)


def _read_run(cursor: Cursor, names: Collection[str], *, schemas: Schemas) -> Signals:
    yield from cursor.skip_blanks()
    name = yield from cursor.read_name()
    if name not in names:
        raise NotACall
    yield CallName(name)
    yield ArgumentsText("{")
    keys: set[str] = set()
    while True:
        yield from cursor.skip_blanks()
        if (yield from cursor.follows(_CLOSE)):
            break
        yield from cursor.take(_KEY)
        key = yield from read_until(cursor, _KEY_END)
        yield from cursor.skip_blanks()
        yield from cursor.take(_VALUE)
        raw = yield from read_until(cursor, _VALUE_END)
        if key in keys:
            raise NotACall
        value = value_json(raw, schema_of(schemas, name, key))
        yield ArgumentsText(f"{', ' if keys else ''}{json.dumps(key)}: {value}")
        keys.add(key)
    yield from cursor.take(_CLOSE)
    yield ArgumentsText("}")
    yield CallDone()


GLM_COMPACT = GlmFormat("", "</arg_key><arg_value>")
GLM = GlmFormat("\n", "<arg_key>")
