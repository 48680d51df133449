"""Reading the calls behind one marker while they are being written: what a form's reader gets and gives.

A reader is a generator over a `Cursor`. It yields signals as they become certain, and None where it needs more text.
It returns behind the last character that belongs to the calls, and raises NotACall where they stop being calls.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator
from dataclasses import dataclass


class NotACall(Exception):
    """What looked like a call is none; the cursor stands behind the character that told."""


@dataclass(frozen=True)
class CallName:
    """A call of this tool begins."""

    name: str


@dataclass(frozen=True)
class ArgumentsText:
    """The next characters of its arguments, as JSON."""

    text: str


@dataclass(frozen=True)
class CallDone:
    """The call is whole."""


Signal = CallName | ArgumentsText | CallDone
Signals = Generator[Signal | None, None, None]
Waits = Generator[None, None, None]


class Cursor:
    """The text from a marker on, as far as it came; `position` is where reading goes on, at first behind the marker."""

    def __init__(self, marker: str) -> None:
        self.marker = marker
        self.text = marker
        self.position = len(marker)
        self.is_ended = False  # nothing more will come

    def skip_blanks(self) -> Waits:
        """Go to the next character that is no blank, or to the end."""
        while True:
            while self.position < len(self.text):
                if not self.text[self.position].isspace():
                    return
                self.position += 1
            if self.is_ended:
                return
            yield None

    def take(self, expected: str) -> Waits:
        """Go past `expected`. Raises NotACall where something else stands."""
        for char in expected:
            yield from self.wait()
            self.position += 1
            if self.text[self.position - 1] != char:
                raise NotACall

    def follows(self, expected: str) -> Generator[None, None, bool]:
        """Returns whether `expected` stands here, or a beginning of it at the end of the text."""
        while True:
            found = self.text[self.position : self.position + len(expected)]
            if found == expected or not expected.startswith(found):
                return found == expected
            if self.is_ended:
                return bool(found)
            yield None

    def read_name(self) -> Generator[None, None, str]:
        """Returns the letters, digits, `_` and `-` that stand here. Raises NotACall at the end of the text."""
        yield from self.wait()
        start = self.position
        while self.char.isalnum() or self.char in "_-":
            self.position += 1
            yield from self.wait()
        return self.text[start : self.position]

    def wait(self) -> Waits:
        """Until there is a character to read. Raises NotACall at the end of the text."""
        while self.position >= len(self.text):
            if self.is_ended:
                raise NotACall
            yield None

    @property
    def char(self) -> str:
        """The character here; only behind `wait`."""
        return self.text[self.position]


ReadRun = Callable[[Cursor, Collection[str]], Signals]
"""Reads the calls behind a marker; the second argument holds the tools' names."""
