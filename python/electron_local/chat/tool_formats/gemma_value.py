"""Gemma's way of writing arguments, `{key:value,…}` with strings between marks of their own, into JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Generator

from electron_local.chat.tool_formats.python_value import quoted
from electron_local.chat.tool_formats.run_reader import ArgumentsText, Cursor, NotACall, Signals

_WORD = re.compile(r"true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?")
_MOST_DEPTH = 64


def read_gemma_object(cursor: Cursor, quote: str, depth: int = 0) -> Signals:
    """An object from its brace on. `quote` begins and ends a string; keys may go without."""
    yield from cursor.take("{")
    yield ArgumentsText("{")
    keys: set[str] = set()
    while not (yield from _is_at(cursor, "}")):
        if keys:
            yield from cursor.take(",")
        key = yield from _read_key(cursor, quote)
        if key in keys:
            raise NotACall
        yield ArgumentsText(f"{', ' if keys else ''}{json.dumps(key, ensure_ascii=False)}: ")
        keys.add(key)
        yield from _read_value(cursor, quote, depth + 1)
    cursor.position += 1
    yield ArgumentsText("}")


def _read_value(cursor: Cursor, quote: str, depth: int) -> Signals:
    yield from cursor.skip_blanks()
    yield from cursor.wait()
    if depth > _MOST_DEPTH:
        raise NotACall
    if cursor.char == "{":
        yield from read_gemma_object(cursor, quote, depth)
    elif cursor.char == "[":
        yield from _read_list(cursor, quote, depth)
    elif (yield from cursor.follows(quote)):
        yield from _read_string(cursor, quote)
    else:
        word = yield from _read_until(cursor, ",}]")
        if not _WORD.fullmatch(word.strip()):
            raise NotACall
        yield ArgumentsText(word.strip())


def _read_list(cursor: Cursor, quote: str, depth: int) -> Signals:
    cursor.position += 1
    yield ArgumentsText("[")
    is_first = True
    while not (yield from _is_at(cursor, "]")):
        if not is_first:
            yield from cursor.take(",")
            yield ArgumentsText(", ")
        yield from _read_value(cursor, quote, depth + 1)
        is_first = False
    cursor.position += 1
    yield ArgumentsText("]")


def _read_string(cursor: Cursor, quote: str) -> Signals:
    yield from cursor.take(quote)
    yield ArgumentsText('"')
    while True:
        yield from cursor.wait()
        if cursor.char == quote[0] and (yield from cursor.follows(quote)):
            break
        cursor.position += 1
        yield ArgumentsText(quoted(cursor.text[cursor.position - 1]))
    yield from cursor.take(quote)
    yield ArgumentsText('"')


def _read_key(cursor: Cursor, quote: str) -> Generator[None, None, str]:
    yield from cursor.skip_blanks()
    if (yield from cursor.follows(quote)):
        yield from cursor.take(quote)
        start = cursor.position
        while not (yield from cursor.follows(quote)):
            cursor.position += 1
            yield from cursor.wait()
        key = cursor.text[start : cursor.position]
        yield from cursor.take(quote)
        yield from cursor.take(":")
        return key
    key = yield from _read_until(cursor, ":{}[],")
    yield from cursor.take(":")
    if not key.strip():
        raise NotACall
    return key.strip()


def _read_until(cursor: Cursor, ends: str) -> Generator[None, None, str]:
    start = cursor.position
    yield from cursor.wait()
    while cursor.char not in ends:
        cursor.position += 1
        yield from cursor.wait()
    return cursor.text[start : cursor.position]


def _is_at(cursor: Cursor, close: str) -> Generator[None, None, bool]:
    yield from cursor.skip_blanks()
    yield from cursor.wait()
    return cursor.char == close
