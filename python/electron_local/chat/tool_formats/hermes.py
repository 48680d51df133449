"""The Hermes form: `<tool_call>\\n{"name": …, "arguments": {…}}\\n</tool_call>`, once a call.

Source: the Hermes function-calling format (Nous Research), used by Qwen2.5, Qwen3, Granite 4 and the bundled model.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from electron_local.chat.grammars import json_calls_rule
from electron_local.chat.tool_formats.json_call import dump_call, read_close, read_json_call
from electron_local.chat.tool_formats.run_parser import RunParser
from electron_local.chat.tool_formats.run_reader import Cursor, Signals
from electron_local.chat.tools import CallRules, Check, Terminal, ToolParser, check_nothing

_OPEN = "<tool_call>"
_CLOSE = "</tool_call>"
_OTHER_BODIES = ("<function=", "<arg_key>", "<invoke", "<parameter")  # not JSON between the same tags


class HermesFormat:
    """JSON calls between `<tool_call>` tags."""

    marker = _OPEN
    special = (_OPEN, _CLOSE)
    separator: str | None = "\n"
    is_prompted = False

    def fits(self, template: str) -> bool:
        """Whether the template shows `<tool_call>` with JSON in it."""
        return _OPEN in template and not any(body in template for body in _OTHER_BODIES)

    def rules(self, tools: Mapping[str, Mapping[str, Any]], terminal: Terminal, *, several: bool) -> CallRules:
        """One object on a line of its own, and the closing tag."""
        return CallRules(f'"\\n" call "\\n" {terminal(_CLOSE)}', json_calls_rule(tools))

    def parser(self, names: Iterable[str], *, hold: bool, check: Check = check_nothing) -> ToolParser:
        """A parser for one answer. `</tool_call>` may be missing."""
        return RunParser(frozenset(names), _read_run, (_OPEN,), hold=hold, check=check)

    def write(self, calls: Sequence[Mapping[str, Any]]) -> str:
        """One pair of tags a call."""
        return "\n".join(f"{_OPEN}\n{dump_call(call)}\n{_CLOSE}" for call in calls)


def _read_run(cursor: Cursor, names: Collection[str]) -> Signals:
    yield from read_json_call(cursor, names)
    yield from read_close(cursor, _CLOSE)
