"""Calls and results of the history for templates that lose them, refuse several at once, or know no tools at all.

All functions take messages that are copies, guarded, with `Arguments` in their calls, and may change them.
"""

from __future__ import annotations

from typing import Any

from electron_local.chat.template_profile import TemplateProfile
from electron_local.chat.tool_formats import GENERIC
from electron_local.chat.tools import ToolFormat

Message = dict[str, Any]


def add_instructions(messages: list[Message], text: str) -> list[Message]:
    """Put `text` behind what the first system message says, or make one of it."""
    if messages and messages[0]["role"] in ("system", "developer"):
        said = messages[0]["content"]
        return [{**messages[0], "content": f"{said}\n\n{text}" if said else text}, *messages[1:]]
    return [{"role": "system", "content": text}, *messages]


def fit_calls(messages: list[Message], profile: TemplateProfile, tool_format: ToolFormat) -> list[Message]:
    """The history in a form that this template shows whole."""
    writes_calls = tool_format.is_prompted or not profile.shows_calls
    writes_results = tool_format.is_prompted or not profile.shows_results
    fitted: list[Message] = []
    for message in messages:
        if message.get("tool_calls") and writes_calls:
            fitted.append(_with_written_calls(message, tool_format))
        elif message["role"] == "tool" and writes_results:
            _append_result(fitted, message["content"])
        elif message["role"] == "user" and fitted and fitted[-1].pop("is_result", False):
            fitted[-1]["content"] += "\n" + message["content"]
        else:
            fitted.append(message)
    for message in fitted:
        message.pop("is_result", None)
    return fitted if writes_calls else _split(fitted, profile)


def _with_written_calls(message: Message, tool_format: ToolFormat) -> Message:
    calls = tool_format.write([call["function"] for call in message["tool_calls"]])
    said = message["content"]
    rest = {key: value for key, value in message.items() if key != "tool_calls"}
    return {**rest, "content": f"{said}\n{calls}" if said else calls}


def _append_result(fitted: list[Message], content: str) -> None:
    """Results of one turn, and the words behind them, make one user message: some templates insist on turns."""
    text = GENERIC.write_result(content)
    if fitted and fitted[-1].get("is_result"):
        fitted[-1]["content"] += "\n" + text
    else:
        fitted.append({"role": "user", "content": text, "is_result": True})


def _split(messages: list[Message], profile: TemplateProfile) -> list[Message]:
    """One message a call, each with its result behind it, and one for the words before, as far as is needed."""
    split: list[Message] = []
    results = {message["tool_call_id"]: message for message in messages if message["role"] == "tool"}
    moved: set[str] = set()
    for message in messages:
        calls = message.get("tool_calls", [])
        if message["role"] == "tool" and message["tool_call_id"] in moved:
            continue
        if calls and message["content"] and profile.splits_content:
            split.append({key: value for key, value in message.items() if key != "tool_calls"})
            message = {**message, "content": None if profile.takes_null_content else ""}  # noqa: PLW2901
        if len(calls) < 2 or profile.takes_several_calls:
            split.append(message)
            continue
        for call in calls:
            split.append({**message, "tool_calls": [call]})
            if call["id"] in results:
                split.append(results[call["id"]])
                moved.add(call["id"])
    return split
