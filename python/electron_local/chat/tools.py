"""Tool calls in a model's output: the events a parser makes of the text, and which form a model writes them in."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
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


Check = Callable[[str, Any], None]
"""Looks at a whole call: name, arguments."""

Terminal = Callable[[str], str]
"""How a grammar names a text: by its token where it is one, else as a string."""


def check_nothing(name: str, arguments: Any) -> None:
    """What a grammar enforced needs no check."""


@dataclass(frozen=True)
class CallRules:
    """The calls of some tools as rules of a grammar in LLGuidance's form of Lark.

    `run`: the body of a rule for what follows the form's marker, up to the end of the call, or of several where the
    form writes them as a list. `rules`: the lines that `run` refers to. `loose`: tools whose arguments these rules
    hold to less than their schema; their calls are checked afterwards.
    """

    run: str
    rules: str
    loose: frozenset[str] = field(default_factory=frozenset)


class ToolFormat(Protocol):
    """How one model family writes its calls. Immutable."""

    @property
    def marker(self) -> str:
        """The text behind which the grammar rules."""

    @property
    def special(self) -> tuple[str, ...]:
        """Texts of the form that may be control tokens, the marker among them."""

    @property
    def separator(self) -> str | None:
        """What stands between two calls, each with a marker of its own; None: one run holds them all."""

    @property
    def is_prompted(self) -> bool:
        """Whether the runtime has to tell the model of the tools and of this form, since its template does not."""

    def fits(self, template: str) -> bool:
        """Whether a model with this chat template writes its calls so."""

    def rules(self, tools: Mapping[str, Mapping[str, Any]], terminal: Terminal, *, several: bool) -> CallRules:
        """The grammar of calls of `tools`: names with their arguments' schemas, as `relax_schema` returned them."""

    def parser(self, names: Iterable[str], *, hold: bool, check: Check = check_nothing) -> ToolParser:
        """A parser that knows these tool names; a call of another tool is content. `check` sees the calls held.

        A mapping of the names to their schemas tells forms that write values as plain text what these are.

        `hold`: present a call only once it is whole; False streams its arguments as they come, which needs a
        constraint that keeps them right.
        """

    def write(self, calls: Sequence[Mapping[str, Any]]) -> str:
        """Calls of the history, as the model would have written them. Arguments are dicts, or text that is no JSON."""


def detect_tool_format(template: str) -> ToolFormat:
    """The form that the template asks for; the generic one, which the runtime prompts for, when it is not known."""
    from electron_local.chat.tool_formats import FORMATS, GENERIC

    return next((tool_format for tool_format in FORMATS if tool_format.fits(template)), GENERIC)


def new_call_id() -> str:
    """`call_…`, unique."""
    return "call_" + os.urandom(12).hex()
