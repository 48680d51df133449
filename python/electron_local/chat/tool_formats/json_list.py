"""Calls as one JSON list behind a marker: `[TOOL_CALLS][{"name": …, "arguments": {…}}, …]` and its like.

Sources: the chat templates of Mistral 7B v0.3 and Nemo (with an `id` in each call), Granite 3 (`<|tool_call|>`),
Nemotron Nano (`<TOOLCALL>…</TOOLCALL>`), Apriel (`<tool_calls>…</tool_calls>`) and FireFunction (`functools`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from electron_local.chat.grammars import json_calls_rule
from electron_local.chat.tool_formats.json_call import dump_call, read_close, read_json_calls
from electron_local.chat.tool_formats.run_parser import RunParser
from electron_local.chat.tool_formats.run_reader import Cursor, Signals
from electron_local.chat.tools import CallRules, Check, Terminal, ToolParser, check_nothing


@dataclass(frozen=True)
class JsonListFormat:
    """`marker`, the list, `close`. `needle`: what a template of this form contains; `unless`: what it does not."""

    marker: str
    needle: str
    close: str = ""
    unless: str = ""
    has_id: bool = False

    separator: str | None = None
    is_prompted = False

    @property
    def special(self) -> tuple[str, ...]:
        """The marks around the list."""
        return (self.marker, self.close) if self.close else (self.marker,)

    def fits(self, template: str) -> bool:
        """Whether the template shows the marker."""
        return self.needle in template and not (self.unless and self.unless in template)

    def rules(self, tools: Mapping[str, Mapping[str, Any]], terminal: Terminal, *, several: bool) -> CallRules:
        """The list, with no blank before it or one."""
        close = f" {terminal(self.close)}" if self.close else ""
        more = ' (", " call)*' if several else ""
        return CallRules(f'" "? "[" call{more} "]"{close}', json_calls_rule(tools, has_id=self.has_id))

    def parser(self, names: Iterable[str], *, hold: bool, check: Check = check_nothing) -> ToolParser:
        """A parser for one answer. A single object may stand in place of the list."""
        read = partial(_read_run, close=self.close)
        return RunParser(frozenset(names), read, (self.marker,), hold=hold, check=check)

    def write(self, calls: Sequence[Mapping[str, Any]]) -> str:
        """All calls in one list."""
        return f"{self.marker}[{', '.join(map(dump_call, calls))}]{self.close}"


def _read_run(cursor: Cursor, names: Collection[str], *, close: str) -> Signals:
    yield from read_json_calls(cursor, names)
    if close:
        yield from read_close(cursor, close)


MISTRAL_LIST = JsonListFormat("[TOOL_CALLS]", "[TOOL_CALLS]", unless="[ARGS]", has_id=True)
GRANITE = JsonListFormat("<|tool_call|>", "<|tool_call|>")
NEMOTRON = JsonListFormat("<TOOLCALL>", "<TOOLCALL>", close="</TOOLCALL>")
APRIEL = JsonListFormat("<tool_calls>", "<tool_calls>[", close="</tool_calls>")
FIREFUNCTION = JsonListFormat("functools", "functools[")
