"""What a chat template can and cannot take, found by rendering small conversations with it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Render = Callable[[list[dict[str, Any]], list[dict[str, Any]] | None], str]
_WORDS = "Probe the words."
_GREETING = {"role": "user", "content": "Hello."}
_PARAMETERS = {"type": "object", "properties": {"x": {"type": "string"}}, "required": ["x"]}
_BARE_TOOL = {"type": "function", "function": {"name": "probe", "parameters": _PARAMETERS}}


@dataclass(frozen=True)
class TemplateProfile:
    """`takes_system`: else its text goes into the user message behind it. `takes_developer`: else sent as system.

    `takes_null_tools`: else a request without tools has an empty list. `takes_bare_tools`: else functions and
    parameters without a description get an empty one. `takes_null_content`: else a message with calls alone has the
    content "". `n_id_chars`: the one length of call ids; None: any.
    """

    takes_system: bool
    takes_developer: bool
    takes_null_tools: bool
    takes_bare_tools: bool
    takes_null_content: bool
    n_id_chars: int | None


def probe(source: str, render: Render) -> TemplateProfile:
    """Find the profile of the template with this source; `render` renders messages and tools with it, or raises."""
    fixed = re.search(r"id'?\]?\s*\|\s*length\s*!=\s*(\d+)", source)
    n_id_chars = int(fixed[1]) if fixed else None
    takes_null_tools = _succeeds(render, None) or not _succeeds(render, [])
    tools: list[dict[str, Any]] | None = None if takes_null_tools else []
    return TemplateProfile(
        takes_system=_shows("system", render, tools),
        takes_developer="developer" in source and _shows("developer", render, tools),
        takes_null_tools=takes_null_tools,
        takes_bare_tools=_succeeds(render, [_BARE_TOOL]),
        takes_null_content=_takes_null_content(render, tools, n_id_chars),
        n_id_chars=n_id_chars,
    )


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
    call = {"id": "1" * (n_id_chars or 9), "type": "function", "function": {"name": "probe", "arguments": {}}}
    calling = {"role": "assistant", "content": None, "tool_calls": [call]}
    result = {"role": "tool", "tool_call_id": call["id"], "content": "4"}
    answer = {"role": "assistant", "content": "Four."}
    try:
        return "None" not in render([_GREETING, calling, result, answer, _GREETING], tools)
    except Exception:
        return False
