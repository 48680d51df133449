"""What a chat template can and cannot take, found by rendering small conversations with it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from electron_local.chat.call_arguments import Arguments

Render = Callable[[list[dict[str, Any]], list[dict[str, Any]] | None], str]
_WORDS = "Probe the words."
_PURPOSE = "Find out."
_GREETING = {"role": "user", "content": "Hello."}
_PARAMETERS = {"type": "object", "properties": {"x": {"type": "string"}}, "required": ["x"]}
_BARE_TOOL = {"type": "function", "function": {"name": "probe", "parameters": _PARAMETERS}}
_DESCRIBED = {"type": "object", "properties": {"x": {"type": "string", "description": "x"}}, "required": ["x"]}
_TOOL = {"type": "function", "function": {"name": "probe", "description": _PURPOSE, "parameters": _DESCRIBED}}


@dataclass(frozen=True)
class TemplateProfile:
    """`takes_system`: else its text goes into the user message behind it. `takes_developer`: else sent as system.

    `takes_null_tools`: else a request without tools has an empty list. `takes_bare_tools`: else functions and
    parameters without a description get an empty one. `takes_null_content`: else a message with calls alone has the
    content "". `n_id_chars`: the one length of call ids; None: any. `shows_tools`, `shows_calls`, `shows_results`:
    they are part of the prompt. `takes_several_calls` in one message. `splits_content`: words beside a call are lost,
    but may stand in a message of their own before it. `reasoning_field`: where the history's reasoning goes; "" for
    templates that expect it in the content.
    """

    takes_system: bool
    takes_developer: bool
    takes_null_tools: bool
    takes_bare_tools: bool
    takes_null_content: bool
    n_id_chars: int | None
    shows_tools: bool
    shows_calls: bool
    shows_results: bool
    takes_several_calls: bool
    splits_content: bool
    reasoning_field: str


def probe(source: str, render: Render) -> TemplateProfile:
    """Find the profile of the template with this source; `render` renders messages and tools with it, or raises."""
    fixed = re.search(r"id'?\]?\s*\|\s*length\s*!=\s*(\d+)", source)
    n_id_chars = int(fixed[1]) if fixed else None
    takes_null_tools = _succeeds(render, None) or not _succeeds(render, [])
    tools: list[dict[str, Any]] | None = None if takes_null_tools else []
    calls = _Calls(render, n_id_chars)
    return TemplateProfile(
        takes_system=_shows("system", render, tools),
        takes_developer="developer" in source and _shows("developer", render, tools),
        takes_null_tools=takes_null_tools,
        takes_bare_tools=_succeeds(render, [_BARE_TOOL]),
        takes_null_content=_takes_null_content(render, tools, n_id_chars),
        n_id_chars=n_id_chars,
        shows_tools=calls.shows([_GREETING], _PURPOSE),
        shows_calls=calls.shows(calls.turn(_WORDS), _WORDS),
        shows_results=calls.shows(calls.turn("x", result=_WORDS), _WORDS),
        takes_several_calls=calls.shows(calls.turn("x", _WORDS), _WORDS),
        splits_content=calls.splits_content(),
        reasoning_field=_reasoning_field(source),
    )


def _reasoning_field(source: str) -> str:
    if "reasoning_content" in source:
        return "reasoning_content"
    return "thinking" if re.search(r"message(\.|\[['\"])thinking\b", source) else ""


# A template may raise anything; that it does is the answer to the question.
def _succeeds(render: Render, tools: list[dict[str, Any]] | None) -> bool:
    try:
        render([_GREETING], tools)
    except Exception:
        return False
    return True


def _shows(role: str, render: Render, tools: list[dict[str, Any]] | None) -> bool:
    try:
        return _WORDS in render([{"role": role, "content": _WORDS}, _GREETING], tools)
    except Exception:
        return False


def _takes_null_content(render: Render, tools: list[dict[str, Any]] | None, n_id_chars: int | None) -> bool:
    calls = _Calls(render, n_id_chars)
    try:
        return "None" not in render(calls.turn("x"), tools)
    except Exception:
        return False


class _Calls:
    """Small conversations with calls."""

    def __init__(self, render: Render, n_id_chars: int | None) -> None:
        self._render = render
        self._n_id_chars = n_id_chars or 9

    def turn(self, *words: str, result: str = "4", content: str | None = None) -> list[dict[str, Any]]:
        """A request, one message with a call for each of `words`, the results, an answer, another request."""
        calls = [self._call(i, word) for i, word in enumerate(words)]
        results = [{"role": "tool", "tool_call_id": call["id"], "content": result} for call in calls]
        calling = {"role": "assistant", "content": content, "tool_calls": calls}
        return [_GREETING, calling, *results, {"role": "assistant", "content": "Four."}, _GREETING]

    def shows(self, messages: list[dict[str, Any]], words: str) -> bool:
        """Whether `words` get into the prompt; False where the template raises. Content null counts as "" too."""
        for content in (None, ""):
            tried = [{**each, "content": content} if each["content"] is None else each for each in messages]
            try:
                if words in self._render(tried, [_TOOL]):
                    return True
            except Exception:
                continue
        return False

    def splits_content(self) -> bool:
        """Whether the content beside a call is lost, and is not when it comes before."""
        beside = self.turn("x", content=_WORDS)
        before = [*beside[:1], {"role": "assistant", "content": _WORDS}, *self.turn("x")[1:]]
        return self.shows(self.turn("x"), "x") and not self.shows(beside, _WORDS) and self.shows(before, _WORDS)

    def _call(self, index: int, word: str) -> dict[str, Any]:
        arguments = Arguments({"x": word}, f'{{"x": "{word}"}}')
        function = {"name": "probe", "arguments": arguments}
        return {"id": str(index + 1) * self._n_id_chars, "type": "function", "function": function}
