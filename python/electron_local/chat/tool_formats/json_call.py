"""One call written as a JSON object, `{"name": …, "arguments": {…}}`, read while it is being written."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from typing import Any, NoReturn

HEAD = re.compile(r'\{\s*"name"\s*:\s*"([A-Za-z0-9_-]+)"\s*,\s*"arguments"\s*:\s*(?=\{)')
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
    return name, _written(body, call) or json.dumps(arguments, ensure_ascii=False)


def _loads(text: str) -> dict[str, Any]:
    value = json.loads(text, parse_constant=_refuse_constant)
    if not isinstance(value, dict):
        raise ValueError("not an object")
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _written(body: str, call: dict[str, Any]) -> str | None:
    """The arguments as the model wrote them, when the object is exactly name and arguments, in this order."""
    head = HEAD.match(body)
    if head is None or len(call) != 2 or not isinstance(call["arguments"], dict):
        return None
    arguments = body[head.end() :].rstrip().removesuffix("}").rstrip()
    try:
        return arguments if _loads(arguments) == call["arguments"] else None
    except ValueError:
        return None
