"""DeepSeek's forms: `<｜tool▁calls▁begin｜>`, then a name and a JSON object for each call, then `<｜tool▁calls▁end｜>`.

Sources: DeepSeek's chat templates. V3.1 writes `name<｜tool▁sep｜>{…}`; R1 writes `function<｜tool▁sep｜>name` and the
object in a fence of Markdown.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from electron_local.chat.grammars import arguments_rule
from electron_local.chat.tool_formats.json_call import dump_arguments, read_close, read_json_object
from electron_local.chat.tool_formats.run_parser import RunParser
from electron_local.chat.tool_formats.run_reader import CallDone, CallName, Cursor, NotACall, Signals
from electron_local.chat.tools import CallRules, Check, Terminal, ToolParser, check_nothing

_OPEN, _CLOSE = "<｜tool▁calls▁begin｜>", "<｜tool▁calls▁end｜>"
_CALL, _CALL_END = "<｜tool▁call▁begin｜>", "<｜tool▁call▁end｜>"
_SEPARATOR = "<｜tool▁sep｜>"
_KIND = "function"
_FENCE, _FENCE_END = "```json", "```"


@dataclass(frozen=True)
class DeepSeekFormat:
    """`is_fenced`: as R1 writes."""

    is_fenced: bool

    marker = _OPEN
    special = (_OPEN, _CLOSE, _CALL, _CALL_END, _SEPARATOR)
    separator: str | None = None
    is_prompted = False

    def fits(self, template: str) -> bool:
        """Whether the template shows the marks, and a fence or none."""
        return _OPEN in template and _SEPARATOR in template and (_FENCE in template) == self.is_fenced

    def rules(self, tools: Mapping[str, Mapping[str, Any]], terminal: Terminal, *, several: bool) -> CallRules:
        """One alternative a tool."""
        heads = [self._head(name, f"args_{i}", terminal) for i, name in enumerate(tools)]
        rules = [arguments_rule(f"args_{i}", schema) for i, schema in enumerate(tools.values())]
        one = f"call: {terminal(_CALL)} ({' | '.join(heads)}) {terminal(_CALL_END)}"
        between = '"\\n" ' if self.is_fenced else ""
        more = f" ({between}call)*" if several else ""
        return CallRules(f"call{more} {terminal(_CLOSE)}", "\n".join([one, *rules]))

    def parser(self, names: Iterable[str], *, hold: bool, check: Check = check_nothing) -> ToolParser:
        """A parser for one answer, which reads both ways. The last mark may be missing."""
        return RunParser(frozenset(names), _read_run, (_OPEN,), hold=hold, check=check)

    def write(self, calls: Sequence[Mapping[str, Any]]) -> str:
        """All calls between two marks."""
        written = (f"{_CALL}{self._body(call['name'], dump_arguments(call['arguments']))}{_CALL_END}" for call in calls)
        return f"{_OPEN}{(chr(10) if self.is_fenced else '').join(written)}{_CLOSE}"

    def _body(self, name: str, arguments: str) -> str:
        if not self.is_fenced:
            return f"{name}{_SEPARATOR}{arguments}"
        return f"{_KIND}{_SEPARATOR}{name}\n{_FENCE}\n{arguments}\n{_FENCE_END}"

    def _head(self, name: str, arguments: str, terminal: Terminal) -> str:
        if not self.is_fenced:
            return f"{json.dumps(name)} {terminal(_SEPARATOR)} {arguments}"
        opening = json.dumps(f"{name}\n{_FENCE}\n")
        return f'"{_KIND}" {terminal(_SEPARATOR)} {opening} {arguments} "\\n{_FENCE_END}"'


def _read_run(cursor: Cursor, names: Collection[str]) -> Signals:
    yield from cursor.skip_blanks()
    while True:
        yield from cursor.take(_CALL)
        name = yield from cursor.read_name()
        yield from cursor.take(_SEPARATOR)
        yield from cursor.wait()
        is_fenced = cursor.char != "{"
        if is_fenced:
            name = yield from cursor.read_name()
            yield from cursor.skip_blanks()
            yield from cursor.take(_FENCE)
        if name not in names:
            raise NotACall
        yield CallName(name)
        yield from read_json_object(cursor)
        yield CallDone()
        if is_fenced:
            yield from read_close(cursor, _FENCE_END)
        yield from read_close(cursor, _CALL_END)
        start = cursor.position
        yield from cursor.skip_blanks()
        if not (yield from cursor.follows(_CALL)):
            cursor.position = start
            yield from read_close(cursor, _CLOSE)
            return


DEEPSEEK_V3 = DeepSeekFormat(is_fenced=False)
DEEPSEEK_R1 = DeepSeekFormat(is_fenced=True)
