"""Kimi K2's form: calls with a numbered name and a JSON object, all in one section.

`<|tool_calls_section_begin|><|tool_call_begin|>functions.name:0<|tool_call_argument_begin|>{…}<|tool_call_end|>…
<|tool_calls_section_end|>`. Source: Moonshot AI's chat templates of Kimi K2 Instruct and Thinking.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from electron_local.chat.grammars import arguments_rule
from electron_local.chat.tool_formats.json_call import dump_arguments, read_close, read_json_object
from electron_local.chat.tool_formats.run_parser import RunParser
from electron_local.chat.tool_formats.run_reader import CallDone, CallName, Cursor, NotACall, Signals
from electron_local.chat.tools import CallRules, Check, Terminal, ToolParser, check_nothing

_OPEN, _CLOSE = "<|tool_calls_section_begin|>", "<|tool_calls_section_end|>"
_CALL, _CALL_END = "<|tool_call_begin|>", "<|tool_call_end|>"
_ARGUMENTS = "<|tool_call_argument_begin|>"
_NAMESPACE = "functions."


class KimiFormat:
    """One section of calls."""

    marker = _OPEN
    special = (_OPEN, _CLOSE, _CALL, _CALL_END, _ARGUMENTS)
    separator: str | None = None
    is_prompted = False

    def fits(self, template: str) -> bool:
        """Whether the template shows the section."""
        return _OPEN in template and _ARGUMENTS in template

    def rules(self, tools: Mapping[str, Mapping[str, Any]], terminal: Terminal, *, several: bool) -> CallRules:
        """One alternative a tool."""
        heads = [
            f"{json.dumps(_NAMESPACE + name)} NUMBER {terminal(_ARGUMENTS)} args_{i}" for i, name in enumerate(tools)
        ]
        rules = [arguments_rule(f"args_{i}", schema) for i, schema in enumerate(tools.values())]
        one = f"call: {terminal(_CALL)} ({' | '.join(heads)}) {terminal(_CALL_END)}"
        calls = "call+" if several else "call"
        return CallRules(f"{calls} {terminal(_CLOSE)}", "\n".join([one, "NUMBER: /:[0-9]{1,4}/", *rules]))

    def parser(self, names: Iterable[str], *, hold: bool, check: Check = check_nothing) -> ToolParser:
        """A parser for one answer. The end of the section may be missing."""
        return RunParser(frozenset(names), _read_run, (_OPEN,), hold=hold, check=check)

    def write(self, calls: Sequence[Mapping[str, Any]]) -> str:
        """All calls in one section, numbered from 0."""
        written = (
            f"{_CALL}{_NAMESPACE}{call['name']}:{i}{_ARGUMENTS}{dump_arguments(call['arguments'])}{_CALL_END}"
            for i, call in enumerate(calls)
        )
        return f"{_OPEN}{''.join(written)}{_CLOSE}"


def _read_run(cursor: Cursor, names: Collection[str]) -> Signals:
    yield from cursor.skip_blanks()
    while True:
        yield from cursor.take(_CALL)
        yield from cursor.skip_blanks()
        if (yield from cursor.follows(_NAMESPACE)):
            cursor.position = min(cursor.position + len(_NAMESPACE), len(cursor.text))
        name = yield from cursor.read_name()
        yield from cursor.take(":")
        yield from cursor.read_name()
        if name not in names:
            raise NotACall
        yield from cursor.skip_blanks()
        yield from cursor.take(_ARGUMENTS)
        yield CallName(name)
        yield from read_json_object(cursor)
        yield CallDone()
        yield from read_close(cursor, _CALL_END)
        start = cursor.position
        yield from cursor.skip_blanks()
        if not (yield from cursor.follows(_CALL)):
            cursor.position = start
            yield from read_close(cursor, _CLOSE)
            return
