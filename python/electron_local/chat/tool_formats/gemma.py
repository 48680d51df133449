"""Gemma's form: `<|tool_call>call:name{key:<|"|>text<|"|>,other:5}<tool_call|>`.

Source: the chat template of Gemma 4. FunctionGemma writes the same between marks of its own. Gemma 2 and 3 have no
form for tools and get the generic one.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from electron_local.chat.tool_formats.gemma_rules import GemmaRules
from electron_local.chat.tool_formats.gemma_value import read_gemma_object
from electron_local.chat.tool_formats.json_call import read_close
from electron_local.chat.tool_formats.run_parser import RunParser
from electron_local.chat.tool_formats.run_reader import CallDone, CallName, Cursor, NotACall, Signals
from electron_local.chat.tools import CallRules, Check, Terminal, ToolParser, check_nothing


@dataclass(frozen=True)
class GemmaFormat:
    """`marker` and `close` stand around a call, `quote` around a string."""

    marker: str
    close: str
    quote: str

    separator: str | None = ""
    is_prompted = False

    @property
    def special(self) -> tuple[str, ...]:
        """All three marks."""
        return (self.marker, self.close, self.quote)

    def fits(self, template: str) -> bool:
        """Whether the template shows the marks of a call."""
        return self.marker in template and self.quote in template

    def rules(self, tools: Mapping[str, Mapping[str, Any]], terminal: Terminal, *, several: bool) -> CallRules:
        """One alternative a tool."""
        rules = GemmaRules(terminal(self.quote))
        calls, loose = [], set()
        for name, schema in tools.items():
            rules.is_loose = False
            calls.append(f"{json.dumps(f'call:{name}')} {rules.arguments(schema)}")
            if rules.is_loose:
                loose.add(name)
        return CallRules(f"({' | '.join(calls)}) {terminal(self.close)}", "\n".join(rules.lines), frozenset(loose))

    def parser(self, names: Iterable[str], *, hold: bool, check: Check = check_nothing) -> ToolParser:
        """A parser for one answer. Arguments come out as JSON."""
        read = partial(_read_run, close=self.close, quote=self.quote)
        return RunParser(frozenset(names), read, (self.marker,), hold=hold, check=check)

    def write(self, calls: Sequence[Mapping[str, Any]]) -> str:
        """One pair of marks a call."""
        return "".join(
            f"{self.marker}call:{call['name']}{self._write(call['arguments'], is_top=True)}{self.close}"
            for call in calls
        )

    def _write(self, value: Any, *, is_top: bool = False) -> str:
        if isinstance(value, Mapping):
            members = (f"{key}:{self._write(value[key])}" for key in sorted(value))
            return "{" + ",".join(members) + "}"
        if isinstance(value, list):
            return "[" + ",".join(self._write(item) for item in value) + "]"
        if isinstance(value, str):
            return f"{{{value}}}" if is_top else f"{self.quote}{value}{self.quote}"
        return json.dumps(value)


def _read_run(cursor: Cursor, names: Collection[str], *, close: str, quote: str) -> Signals:
    yield from cursor.skip_blanks()
    yield from cursor.take("call:")
    yield from cursor.wait()
    start = cursor.position
    while cursor.char.isalnum() or cursor.char in "_-":
        cursor.position += 1
        yield from cursor.wait()
    name = cursor.text[start : cursor.position]
    if name not in names:
        raise NotACall
    yield CallName(name)
    yield from read_gemma_object(cursor, quote)
    yield CallDone()
    yield from read_close(cursor, close)


GEMMA_4 = GemmaFormat("<|tool_call>", "<tool_call|>", '<|"|>')
FUNCTION_GEMMA = GemmaFormat("<start_function_call>", "<end_function_call>", "<escape>")
