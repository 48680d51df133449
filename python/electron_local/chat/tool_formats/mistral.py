"""Mistral's form since Small 3.1 and Magistral: `[TOOL_CALLS]name[ARGS]{…}`, once a call.

Source: the chat templates of Mistral Small 3.2, which puts `[CALL_ID]` and an id behind the name, and of Ministral 3.
The older list is in `json_list.py`.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from electron_local.chat.grammars import arguments_rule
from electron_local.chat.tool_formats.json_call import dump_arguments, read_json_calls, read_json_object
from electron_local.chat.tool_formats.run_parser import RunParser
from electron_local.chat.tool_formats.run_reader import CallDone, CallName, Cursor, NotACall, Signals
from electron_local.chat.tools import CallRules, Check, Terminal, ToolParser, check_nothing

_OPEN = "[TOOL_CALLS]"
_ID = "[CALL_ID]"
_ARGUMENTS = "[ARGS]"


class MistralFormat:
    """A name, `[ARGS]` and an object behind each `[TOOL_CALLS]`."""

    marker = _OPEN
    special = (_OPEN, _ID, _ARGUMENTS)
    separator: str | None = ""
    is_prompted = False

    def fits(self, template: str) -> bool:
        """Whether the template shows both marks."""
        return _OPEN in template and _ARGUMENTS in template

    def rules(self, tools: Mapping[str, Mapping[str, Any]], terminal: Terminal, *, several: bool) -> CallRules:
        """One alternative a tool."""
        heads = [f"{json.dumps(name)} id? {terminal(_ARGUMENTS)} args_{i}" for i, name in enumerate(tools)]
        rules = [arguments_rule(f"args_{i}", schema) for i, schema in enumerate(tools.values())]
        rules.append(f"id: {terminal(_ID)} /[A-Za-z0-9]{{9}}/")
        return CallRules(f"({' | '.join(heads)})", "\n".join(rules))

    def parser(self, names: Iterable[str], *, hold: bool, check: Check = check_nothing) -> ToolParser:
        """A parser for one answer, which reads the older list too."""
        return RunParser(frozenset(names), _read_run, (_OPEN,), hold=hold, check=check)

    def write(self, calls: Sequence[Mapping[str, Any]]) -> str:
        """One marker a call."""
        return "".join(f"{_OPEN}{call['name']}{_ARGUMENTS}{dump_arguments(call['arguments'])}" for call in calls)


def _read_run(cursor: Cursor, names: Collection[str]) -> Signals:
    yield from cursor.skip_blanks()
    yield from cursor.wait()
    if cursor.char in "[{":
        yield from read_json_calls(cursor, names)
        return
    name = yield from cursor.read_name()
    if name not in names:
        raise NotACall
    if (yield from cursor.follows(_ID)):
        cursor.position += len(_ID)
        yield from cursor.read_name()
    if (yield from cursor.follows(_ARGUMENTS)):
        cursor.position += len(_ARGUMENTS)
    yield CallName(name)
    yield from read_json_object(cursor)
    yield CallDone()
