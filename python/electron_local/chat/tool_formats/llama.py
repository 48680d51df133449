"""Llama 3.x: an answer that is `{"name": …, "parameters": {…}}`, or `<|python_tag|>` with that or `name.call(…)`.

Source: Meta's prompt format for Llama 3.1 to 3.3 and their chat templates. Several calls are separated by `;`.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from electron_local.chat.grammars import arguments_rule
from electron_local.chat.tool_formats.json_call import dump_call, read_json_call
from electron_local.chat.tool_formats.python_call import read_python_call
from electron_local.chat.tool_formats.run_parser import RunParser
from electron_local.chat.tool_formats.run_reader import Cursor, Signals
from electron_local.chat.tools import CallRules, Check, Terminal, ToolParser, check_nothing

_TAG = "<|python_tag|>"
_HEAD = '{"name":'


class LlamaFormat:
    """JSON without a mark of its own: its beginning is the marker. The other ways are read, and checked afterwards."""

    marker = _HEAD
    special = (_TAG,)
    separator: str | None = "; "
    is_prompted = False

    def fits(self, template: str) -> bool:
        """Whether the template asks for it in Meta's words."""
        return 'Respond in the format {"name": function name, "parameters"' in template

    def rules(self, tools: Mapping[str, Mapping[str, Any]], terminal: Terminal, *, several: bool) -> CallRules:
        """One alternative a tool."""
        heads = [json.dumps(f' {json.dumps(name)}, "parameters": ') + f' args_{i} "}}"' for i, name in enumerate(tools)]
        rules = [arguments_rule(f"args_{i}", schema) for i, schema in enumerate(tools.values())]
        return CallRules(f"({' | '.join(heads)})", "\n".join(rules))

    def parser(self, names: Iterable[str], *, hold: bool, check: Check = check_nothing) -> ToolParser:
        """A parser for one answer. What begins otherwise than the marker is held until it is whole."""
        return RunParser(
            frozenset(names),
            _read_run,
            (_TAG, "{"),
            hold=hold,
            check=check,
            trusted=(_HEAD, _TAG + _HEAD),
            between=";",
        )

    def write(self, calls: Sequence[Mapping[str, Any]]) -> str:
        """Objects, `;` between them."""
        return "; ".join(dump_call(call, "parameters") for call in calls)


def _read_run(cursor: Cursor, names: Collection[str]) -> Signals:
    if cursor.marker != _TAG:
        cursor.position = 0
        yield from read_json_call(cursor, names)
        return
    yield from cursor.skip_blanks()
    yield from cursor.wait()
    yield from read_json_call(cursor, names) if cursor.char == "{" else read_python_call(cursor, names, method=".call")
