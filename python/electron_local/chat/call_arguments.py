"""A call's arguments as chat templates take them."""

from __future__ import annotations

from typing import Any


class Arguments(dict[str, Any]):
    """A mapping to templates that walk or dump the arguments, JSON text to those that print them.

    >>> arguments = Arguments({"minutes": 5}, '{"minutes":5}')
    >>> arguments["minutes"], "args: " + arguments
    (5, 'args: {"minutes":5}')
    """

    def __init__(self, values: dict[str, Any], text: str) -> None:
        super().__init__(values)
        self._text = text

    def __str__(self) -> str:
        return self._text

    def __radd__(self, left: str) -> str:
        return left + self._text

    def __add__(self, right: str) -> str:
        return self._text + right
