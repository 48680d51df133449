"""Checks of what goes into every prompt of a session, by the rules of chat requests: one bad word fails them all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from electron_local.chat.checks import Fields, Problems, check_text, dotted
from electron_local.chat.request_tools import read_tools
from electron_local.errors import BadRequestError, InvalidArgumentError


def nested_tools(tools: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Tool schemas, flat as PROTOCOL §2 has them or not, as chat completions take them.

    >>> nested_tools(({"type": "function", "name": "stop", "description": "Stop.", "parameters": {}},))
    [{'type': 'function', 'function': {'name': 'stop', 'description': 'Stop.', 'parameters': {}}}]
    """
    return [tool if "function" in tool else _nest(tool) for tool in tools]


def wrong_tool(tools: Sequence[dict[str, Any]]) -> tuple[str, str] | None:
    """Where the first rule of chat requests is broken, and which; None: they may have these tools.

    >>> wrong_tool([{"type": "function", "name": "a b"}])
    ('tools[0].name', "tools[0].name is 'a b'; must be 1 to 64 of the characters A-Z a-z 0-9 _ -")
    """
    return _first(lambda problems: read_tools(Fields({"tools": nested_tools(tools)}, problems)))


def check_tools(tools: Sequence[dict[str, Any]]) -> None:
    """Raise InvalidArgumentError unless a chat request may have these tools."""
    _raise_if(wrong_tool(tools))


def check_unicode(name: str, text: str) -> None:
    """Raise InvalidArgumentError unless `text` is a string that UTF-8 can carry.

    >>> check_unicode("text", "\\ud800")
    Traceback (most recent call last):
    electron_local.errors.InvalidArgumentError: text holds a lone surrogate at character 0; must be valid Unicode
    """
    _raise_if(_first(lambda problems: check_text(text, (name,), problems)))


def _first(check: Callable[[Problems], object]) -> tuple[str, str] | None:
    problems = Problems()
    check(problems)
    try:
        problems.raise_if_any()
    except BadRequestError as error:
        first = (error.details or [])[0]
        path = tuple(step for step in first["path"] if step != "function")
        return dotted(path), first["message"].replace(dotted(first["path"]), dotted(path))
    return None


def _raise_if(wrong: tuple[str, str] | None) -> None:
    if wrong is not None:
        raise InvalidArgumentError(wrong[1])


def _nest(tool: dict[str, Any]) -> dict[str, Any]:
    return {"type": "function", "function": {key: value for key, value in tool.items() if key != "type"}}
