"""Python literals, read while they are being written, into JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Generator

from electron_local.chat.tool_formats.run_reader import ArgumentsText, Cursor, NotACall, Signals

_WORDS = {"True": "true", "False": "false", "None": "null", "true": "true", "false": "false", "null": "null"}
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "a": "\a", "v": "\v", "0": "\0"} | {
    char: char for char in "\\'\"/"
}
_JSON_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?")
_N_DIGITS = {"x": 2, "u": 4}
_MOST_DEPTH = 64


def read_python_value(cursor: Cursor, depth: int = 0) -> Signals:
    """One literal, as JSON text in pieces: strings, numbers, the three words, lists, tuples, dicts with string keys.

    Words may be JSON's too. Raises NotACall for anything else.
    """
    yield from cursor.skip_blanks()
    yield from cursor.wait()
    char = cursor.char
    if depth > _MOST_DEPTH:
        raise NotACall
    if char in "\"'":
        yield from read_python_string(cursor)
    elif char in "[(":
        yield from _read_items(cursor, "]" if char == "[" else ")", depth)
    elif char == "{":
        yield from _read_dict(cursor, depth)
    else:
        yield ArgumentsText(_as_json((yield from _read_word(cursor))))


def read_python_string(cursor: Cursor) -> Signals:
    """A string in either kind of quotes. Escapes are Python's and JSON's; an unknown one stands for itself."""
    quote = cursor.char
    cursor.position += 1
    yield ArgumentsText('"')
    while True:
        yield from cursor.wait()
        char = cursor.char
        cursor.position += 1
        if char == quote:
            break
        yield ArgumentsText((yield from _read_escape(cursor)) if char == "\\" else quoted(char))
    yield ArgumentsText('"')


def quoted(text: str) -> str:
    """Characters as they stand inside a JSON string."""
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _read_escape(cursor: Cursor) -> Generator[None, None, str]:
    yield from cursor.wait()
    char = cursor.char
    cursor.position += 1
    if char not in _N_DIGITS:
        return quoted(_ESCAPES.get(char, "\\" + char))
    digits = ""
    while len(digits) < _N_DIGITS[char]:
        yield from cursor.wait()
        digits += cursor.char
        cursor.position += 1
    if not re.fullmatch("[0-9a-fA-F]+", digits):
        raise NotACall
    return f"\\u{digits:0>4}"


def _read_items(cursor: Cursor, close: str, depth: int) -> Signals:
    cursor.position += 1
    yield ArgumentsText("[")
    is_first = True
    while not (yield from _at_end(cursor, close, is_first)):
        if not is_first:
            yield ArgumentsText(", ")
        yield from read_python_value(cursor, depth + 1)
        is_first = False
    yield ArgumentsText("]")


def _read_dict(cursor: Cursor, depth: int) -> Signals:
    cursor.position += 1
    yield ArgumentsText("{")
    is_first = True
    while not (yield from _at_end(cursor, "}", is_first)):
        if not is_first:
            yield ArgumentsText(", ")
        if cursor.char not in "\"'":
            raise NotACall
        yield from read_python_string(cursor)
        yield from cursor.skip_blanks()
        yield from cursor.take(":")
        yield ArgumentsText(": ")
        yield from read_python_value(cursor, depth + 1)
        is_first = False
    yield ArgumentsText("}")


def _at_end(cursor: Cursor, close: str, is_first: bool) -> Generator[None, None, bool]:
    """Go to the next item, past a comma where one is due, or past the end."""
    yield from cursor.skip_blanks()
    yield from cursor.wait()
    if cursor.char != close and not is_first:
        yield from cursor.take(",")
        yield from cursor.skip_blanks()
        yield from cursor.wait()
    if cursor.char != close:
        return False
    cursor.position += 1
    return True


def _read_word(cursor: Cursor) -> Generator[None, None, str]:
    start = cursor.position
    while cursor.char.isalnum() or cursor.char in "+-._":
        cursor.position += 1
        yield from cursor.wait()
    return cursor.text[start : cursor.position]


def _as_json(word: str) -> str:
    if word in _WORDS:
        return _WORDS[word]
    if _JSON_NUMBER.fullmatch(word):
        return word
    try:
        number = float(word)
        value = int(word) if word.lstrip("+-").replace("_", "").isdecimal() else number
    except (ValueError, OverflowError):
        raise NotACall from None
    if not abs(number) < float("inf"):
        raise NotACall
    return json.dumps(value)
