"""Runs Python tools beside the conversation."""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from electron_local.errors import InvalidArgumentError
from electron_local.voice.chat_checks import check_unicode
from electron_local.voice.config import SessionConfig
from electron_local.voice.history import ToolCall
from electron_local.voice.runtime import Runtime
from electron_local.voice.tool_arguments import read_arguments, result_text
from electron_local.voice.tool_schema import tool_schema

Tools = Mapping[str, Callable[..., Any]]


def named_tools(tools: Tools | Sequence[Callable[..., Any]]) -> Tools:
    """Functions by name. Raises InvalidArgumentError when two have the same one.

    >>> list(named_tools([len]))
    ['len']
    """
    if isinstance(tools, Mapping):
        return tools
    named: dict[str, Callable[..., Any]] = {}
    for tool in tools:
        name = getattr(tool, "__name__", type(tool).__name__)
        if name in named:
            raise InvalidArgumentError(f"two tools are named {name!r}; give them as a dict")
        named[name] = tool
    return named


def with_schemas(config: SessionConfig, tools: Tools) -> SessionConfig:
    """`config` with a schema, made from its signature, for each of `tools` that has none there."""
    known = {tool.get("function", tool).get("name") for tool in config.tools}
    made = tuple(tool_schema(tool, name) for name, tool in tools.items() if name not in known)
    return replace(config, tools=(*config.tools, *made))


@dataclass(frozen=True)
class ToolFinished:
    """Message to the conversation thread: what the model is told, and whether the tool failed."""

    call: ToolCall
    output: str
    failed: bool
    duration_ms: float


class ToolRunner:
    """Calls each tool in a thread of its own with the arguments as keywords; `post` gets a ToolFinished.

    A tool that never returns keeps its thread; the time-out is the conversation's.
    """

    def __init__(self, tools: Tools, runtime: Runtime, post: Callable[[ToolFinished], None]) -> None:
        self._tools = tools
        self._runtime = runtime
        self._post = post

    def start(self, call: ToolCall) -> None:
        """Begin; returns at once."""
        self._runtime.start_thread(lambda: self._run(call), f"tool-{call.name}")

    def _run(self, call: ToolCall) -> None:
        start_ms = self._runtime.now_ms()
        output, failed = call_tool(self._tools, call)
        self._post(ToolFinished(call, output, failed, self._runtime.now_ms() - start_ms))


def call_tool(tools: Tools, call: ToolCall) -> tuple[str, bool]:
    """The output as text (a str as it is, else JSON) and False; or the error, of any kind, as JSON and True.

    >>> call_tool({"add": lambda a, b: a + b}, ToolCall("call_1", "add", '{"a": 1, "b": 2}'))
    ('3', False)
    >>> call_tool({}, ToolCall("call_1", "add", "{}"))
    ('{"error": "there is no tool named \\'add\\'"}', True)
    """
    tool = tools.get(call.name)
    if tool is None:
        return error_output(f"there is no tool named {call.name!r}"), True
    try:
        result = tool(**read_arguments(tool, call.arguments))
        output = result_text(asyncio.run(result) if inspect.iscoroutine(result) else result)
        check_unicode("the result", output)
        return output, False
    except BaseException as error:
        return error_output(f"{type(error).__name__}: {error}"), True


def error_output(message: str) -> str:
    """What the model is told about a call that has no result."""
    return json.dumps({"error": message.encode(errors="replace").decode()}, ensure_ascii=False)
