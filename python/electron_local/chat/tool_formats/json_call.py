"""Calls written as JSON objects, `{"name": …, "arguments": {…}}`, alone or in a list, read while being written."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from typing import Any, NoReturn

from electron_local.chat.tool_formats.run_reader import (
    ArgumentsText,
    CallDone,
    CallName,
    Cursor,
    NotACall,
    Signals,
    Waits,
)

_HEAD = re.compile(
    r'\s*\{\s*(?:"type"\s*:\s*"function"\s*,\s*)?"name"\s*:\s*"([A-Za-z0-9_-]+)"\s*,'
    r'\s*"(?:arguments|parameters)"\s*:\s*(?=\{)'
)
_OUTSIDE_STRINGS = frozenset('{}[]:,"+-.0123456789 \t\n\r' + "truefalsnE")


class ObjectScanner:
    """Finds the end of the JSON object that starts `text`, behind blanks, as the text grows.

    Reads every character once. Says no early to what JSON cannot be; does not prove the rest.
    """

    def __init__(self) -> None:
        self.n_read = 0
        self.end: int | None = None  # index behind the object's last brace
        self.inner_end: int | None = None  # index behind the first object or array inside it
        self.is_broken = False
        self._depth = 0
        self._in_string = False
        self._escaped = False

    def read(self, text: str) -> None:
        """Go on to the end of `text`, which begins with all that was read before."""
        while self.n_read < len(text) and self.end is None and not self.is_broken:
            char = text[self.n_read]
            self.n_read += 1
            if self._in_string:
                self._read_in_string(char)
            elif char == '"' and self._depth:
                self._in_string = True
            elif char in "{[" and (self._depth or char == "{"):
                self._depth += 1
            elif char in "}]" and self._depth:
                self._close()
            elif char not in _OUTSIDE_STRINGS or (not self._depth and not char.isspace()):
                self.is_broken = True

    def _read_in_string(self, char: str) -> None:
        if char < " ":
            self.is_broken = True
        elif self._escaped:
            self._escaped = False
        elif char == "\\":
            self._escaped = True
        elif char == '"':
            self._in_string = False

    def _close(self) -> None:
        self._depth -= 1
        if self._depth == 1 and self.inner_end is None:
            self.inner_end = self.n_read
        elif self._depth == 0:
            self.end = self.n_read


def read_json_call(cursor: Cursor, names: Collection[str]) -> Signals:
    """One object, from the blanks before it to its last brace; see `parse_call` for what counts."""
    start, scanner = cursor.position, ObjectScanner()
    n_sent, inner = 0, 0
    while True:
        body = cursor.text[start:]
        scanner.read(body)
        cursor.position = start + scanner.n_read
        if not n_sent and (head := _HEAD.match(body)) and head[1] in names:
            yield CallName(head[1])
            n_sent = inner = head.end()
        end = scanner.inner_end or scanner.n_read
        if n_sent and end > n_sent:
            yield ArgumentsText(body[n_sent:end])
            n_sent = end
        if scanner.is_broken or (scanner.end is None and cursor.is_ended):
            raise NotACall
        if scanner.end is not None:
            break
        yield None
    call = parse_call(body[: scanner.end].lstrip(), names)
    if call is None or (n_sent and json.loads(body[inner:n_sent]) != json.loads(call[1])):
        raise NotACall
    if not n_sent:
        yield CallName(call[0])
        yield ArgumentsText(call[1])
    yield CallDone()


def read_json_calls(cursor: Cursor, names: Collection[str]) -> Signals:
    """A list of such objects, or one alone."""
    yield from cursor.skip_blanks()
    yield from cursor.wait()
    if cursor.char != "[":
        yield from read_json_call(cursor, names)
        return
    cursor.position += 1
    while True:
        yield from read_json_call(cursor, names)
        yield from cursor.skip_blanks()
        yield from cursor.wait()
        cursor.position += 1
        if cursor.text[cursor.position - 1] == "]":
            return
        if cursor.text[cursor.position - 1] != ",":
            raise NotACall


def read_json_object(cursor: Cursor) -> Signals:
    """Arguments alone: one object, as it stands."""
    start, scanner, n_sent = cursor.position, ObjectScanner(), 0
    while scanner.end is None:
        body = cursor.text[start:]
        scanner.read(body)
        cursor.position = start + scanner.n_read
        text = body[n_sent : scanner.n_read]
        if text and not scanner.is_broken:
            yield ArgumentsText(text if n_sent else text.lstrip())
            n_sent = scanner.n_read
        if scanner.is_broken or (scanner.end is None and cursor.is_ended):
            raise NotACall
        if scanner.end is None:
            yield None
    try:
        _loads(cursor.text[start : cursor.position])
    except (ValueError, RecursionError):
        raise NotACall from None


def read_close(cursor: Cursor, close: str) -> Waits:
    """Go past a form's end mark and the blanks before it. Where something else stands, nothing is passed."""
    start = cursor.position
    yield from cursor.skip_blanks()
    if (yield from cursor.follows(close)):
        cursor.position = min(cursor.position + len(close), len(cursor.text))
    else:
        cursor.position = start


def parse_call(body: str, names: Collection[str]) -> tuple[str, str] | None:
    """Name and arguments (JSON text) of a call; None when it is no JSON, or not a call of one of `names`.

    `parameters` counts as `arguments`; arguments that are JSON text in a string, as the object in it; none as `{}`.

    >>> parse_call('{"name": "stop"}', ["stop"])
    ('stop', '{}')
    """
    try:
        call = _loads(body)
        name, arguments = call["name"], call.get("arguments", call.get("parameters"))
        if isinstance(arguments, str):
            arguments = _loads(arguments)
    except (ValueError, KeyError, RecursionError):
        return None
    arguments = {} if arguments is None else arguments
    if not isinstance(name, str) or name not in names or not isinstance(arguments, dict):
        return None
    return name, json.dumps(arguments, ensure_ascii=False)


def _loads(text: str) -> dict[str, Any]:
    value = json.loads(text, parse_constant=_refuse_constant)
    if not isinstance(value, dict):
        raise ValueError("not an object")
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def dump_call(call: Mapping[str, Any], arguments_key: str = "arguments") -> str:
    """A call of the history as such an object. Arguments that are text are written as they are."""
    return f'{{"name": {json.dumps(call["name"])}, "{arguments_key}": {dump_arguments(call["arguments"])}}}'


def dump_arguments(arguments: Any) -> str:
    """Arguments of the history as JSON: text, and a dict that has its text, as they are."""
    return json.dumps(arguments, ensure_ascii=False) if type(arguments) is dict else str(arguments)
