"""Calls written as Python: `name(key="text", other=5)`, alone or in a list, read while being written."""

from __future__ import annotations

import json
from collections.abc import Collection

from electron_local.chat.tool_formats.python_value import read_python_value
from electron_local.chat.tool_formats.run_reader import (
    ArgumentsText,
    CallDone,
    CallName,
    Cursor,
    NotACall,
    Signals,
)


def read_python_calls(cursor: Cursor, names: Collection[str]) -> Signals:
    """A list of at least one call."""
    yield from cursor.skip_blanks()
    yield from cursor.take("[")
    while True:
        yield from cursor.skip_blanks()
        yield from read_python_call(cursor, names)
        yield from cursor.skip_blanks()
        yield from cursor.wait()
        cursor.position += 1
        if cursor.text[cursor.position - 1] == "]":
            return
        if cursor.text[cursor.position - 1] != ",":
            raise NotACall


def read_python_call(cursor: Cursor, names: Collection[str], *, method: str = "") -> Signals:
    """One call with keyword arguments; `method` stands between the name and the bracket."""
    name = yield from cursor.read_name()
    yield from cursor.take(method)
    if name not in names:
        raise NotACall
    yield from cursor.take("(")
    yield CallName(name)
    yield ArgumentsText("{")
    keys: set[str] = set()
    while True:
        yield from cursor.skip_blanks()
        yield from cursor.wait()
        if cursor.char == ")":
            break
        if keys:
            yield from cursor.take(",")
            yield from cursor.skip_blanks()
        key = yield from cursor.read_name()
        if not key or key in keys:
            raise NotACall
        yield ArgumentsText(f"{', ' if keys else ''}{json.dumps(key)}: ")
        keys.add(key)
        yield from cursor.skip_blanks()
        yield from cursor.take("=")
        yield from read_python_value(cursor)
    cursor.position += 1
    yield ArgumentsText("}")
    yield CallDone()
