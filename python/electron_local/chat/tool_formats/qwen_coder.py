"""Qwen3-Coder's form: `<tool_call>`, `<function=name>`, `<parameter=key>` value `</parameter>`…, and the closing tags.

Each tag and value is on a line of its own. Sources: the chat templates of Qwen3-Coder, Qwen3.5, Nemotron 3 Nano and
Step 3.5; Seed-OSS has its own outer tags and no line breaks around a value.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from electron_local.chat.tool_formats.json_call import read_close
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

_FUNCTION, _FUNCTION_END = "<function=", "</function>"
_PARAMETER, _PARAMETER_END = "<parameter=", "</parameter>"


@dataclass(frozen=True)
class QwenCoderFormat:
    """`marker` and `close` around each call; `edge`: what stands between a tag and its value."""

    marker: str
    close: str
    edge: str

    separator: str | None = "\n"
    is_prompted = False

    @property
    def special(self) -> tuple[str, ...]:
        """The tags around a call."""
        return (self.marker, self.close)

    def fits(self, template: str) -> bool:
        """Whether the template shows all three tags."""
        return all(tag in template for tag in (self.marker, _FUNCTION, _PARAMETER))

    def rules(self, tools: Mapping[str, Mapping[str, Any]], terminal: Terminal, *, several: bool) -> CallRules:
        """One alternative a tool."""

        def call(name: str, arguments: str) -> str:
            return f"{json.dumps(f'{_FUNCTION}{name}>' + chr(10))} {arguments} {json.dumps(_FUNCTION_END)}"

        body, loose = tagged_calls(tools, self._tag, call)
        return CallRules(f'"\\n" call "\\n" {terminal(self.close)}', body, loose)

    def parser(self, names: Iterable[str], *, hold: bool, check: Check = check_nothing) -> ToolParser:
        """A parser for one answer. Arguments come out as JSON, each when its tag closes."""
        read = partial(_read_run, form=self, schemas=schemas_of(names))
        return RunParser(frozenset(names), read, (self.marker,), hold=hold, check=check)

    def write(self, calls: Sequence[Mapping[str, Any]]) -> str:
        """One pair of tags a call."""
        return "\n".join(f"{self.marker}\n{self._write(call)}\n{self.close}" for call in calls)

    def _tag(self, key: str, value: str) -> str:
        edge = f" {json.dumps(self.edge)}" if self.edge else ""
        return f'"{_PARAMETER}" {key} ">"{edge} {value}{edge} "{_PARAMETER_END}" "\\n"'

    def _write(self, call: Mapping[str, Any]) -> str:
        arguments = call["arguments"]
        given = arguments.items() if isinstance(arguments, Mapping) else [("arguments", arguments)]
        edge = self.edge
        tags = (f"{_PARAMETER}{key}>{edge}{as_text(value)}{edge}{_PARAMETER_END}\n" for key, value in given)
        return f"{_FUNCTION}{call['name']}>\n{''.join(tags)}{_FUNCTION_END}"


def _read_run(cursor: Cursor, names: Collection[str], *, form: QwenCoderFormat, schemas: Schemas) -> Signals:
    yield from cursor.skip_blanks()
    yield from cursor.take(_FUNCTION)
    name = yield from cursor.read_name()
    yield from cursor.take(">")
    if name not in names:
        raise NotACall
    yield CallName(name)
    yield ArgumentsText("{")
    keys: set[str] = set()
    while True:
        yield from cursor.skip_blanks()
        if (yield from cursor.follows(_FUNCTION_END)):
            break
        yield from cursor.take(_PARAMETER)
        key = yield from read_until(cursor, ">")
        raw = yield from read_until(cursor, _PARAMETER_END)
        if key in keys:
            raise NotACall
        value = value_json(raw.removeprefix(form.edge).removesuffix(form.edge), schema_of(schemas, name, key))
        yield ArgumentsText(f"{', ' if keys else ''}{json.dumps(key)}: {value}")
        keys.add(key)
    yield from cursor.take(_FUNCTION_END)
    yield ArgumentsText("}")
    yield CallDone()
    yield from read_close(cursor, form.close)


QWEN_CODER = QwenCoderFormat("<tool_call>", "</tool_call>", edge="\n")
SEED = QwenCoderFormat("<seed:tool_call>", "</seed:tool_call>", edge="")
