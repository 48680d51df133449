"""Tool calls in a model's output: the events a parser makes of the text, and which parser a model needs."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True)
class ContentDelta:
    """Text that is not part of a call."""

    text: str


@dataclass(frozen=True)
class CallStarted:
    """Call number `index` (from 0) begins; `id` is unique."""

    index: int
    id: str
    name: str


@dataclass(frozen=True)
class ArgumentsDelta:
    """The next characters of a call's arguments; together they are a JSON object."""

    index: int
    text: str


@dataclass(frozen=True)
class CallEnded:
    """The call is complete: its arguments have parsed."""

    index: int


ToolEvent = ContentDelta | CallStarted | ArgumentsDelta | CallEnded


class ToolParser(Protocol):
    """Reads one answer. However the text is cut, joined content and calls are the same. Owned by one answer."""

    def push(self, text: str) -> list[ToolEvent]:
        """Take more of the answer; return what is certain by now."""

    def finish(self, *, truncated: bool) -> list[ToolEvent]:
        """End the answer. `truncated`: tokens ran out, so a call that is still open is dropped.

        An open call of an answer that ended by itself comes out as content: it is no call.
        """


Accepts = Callable[[str, Any], bool]
"""Whether a tool takes these arguments: name, arguments."""


def accept_all(name: str, arguments: Any) -> bool:
    """What a grammar enforced needs no check."""
    return True


class ToolFormat(Protocol):
    """How one model family writes its calls: `marker before {"name": …, "arguments": …} after end`."""

    marker: str  # the text that opens a call
    before: str
    after: str
    end: str  # the text that closes it

    def fits(self, template: str) -> bool:
        """Whether a model with this chat template writes its calls so."""

    def parser(self, names: Iterable[str], *, hold: bool, accepts: Accepts = accept_all) -> ToolParser:
        """A parser that knows these tool names; a call that `accepts` refuses is content.

        `hold`: present a call only once it is whole and right; False streams its arguments as they come, which
        needs a constraint that keeps them right.
        """


def detect_tool_format(template: str) -> ToolFormat | None:
    """The format that the template asks for; None when it is not one of those that can be read."""
    from electron_local.chat.tool_formats import FORMATS

    return next((tool_format for tool_format in FORMATS if tool_format.fits(template)), None)


def new_call_id() -> str:
    """`call_…`, unique."""
    return "call_" + os.urandom(12).hex()
