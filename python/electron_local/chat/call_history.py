"""Calls and results of the history for templates that lose them, refuse several at once, or know no tools at all.

All functions take messages that are copies, guarded, with `Arguments` in their calls, and may change them.
"""

from __future__ import annotations

from typing import Any

from electron_local.chat.request_messages import INSTRUCTING_ROLES
from electron_local.chat.template_profile import TemplateProfile
from electron_local.chat.tool_formats import GENERIC
from electron_local.chat.tools import ToolFormat

Message = dict[str, Any]


def add_instructions(messages: list[Message], text: str) -> list[Message]:
    """Put `text` behind what the first system message says, or make one of it."""
    if messages and messages[0]["role"] in INSTRUCTING_ROLES:
        said = messages[0]["content"]
        return [{**messages[0], "content": f"{said}\n\n{text}" if said else text}, *messages[1:]]
    return [{"role": "system", "content": text}, *messages]


def fit_calls(messages: list[Message], profile: TemplateProfile, tool_format: ToolFormat) -> list[Message]:
    """The history in a form that this template shows whole."""
    writes_calls = tool_format.is_prompted or not profile.shows_calls
    writes_results = tool_format.is_prompted or not profile.shows_results
    fitted: list[Message] = []
    for message in _in_order_of_calls(messages):
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
    moved: set[int] = set()  # where results stood that follow their calls by now
    for place, message in enumerate(messages):
        calls = message.get("tool_calls", [])
        if place in moved:
            continue
        if calls and message["content"] and profile.splits_content:
            split.append({key: value for key, value in message.items() if key != "tool_calls"})
            message = {**message, "content": None if profile.takes_null_content else ""}  # noqa: PLW2901
        if len(calls) < 2 or profile.takes_several_calls:
            split.append(message)
            continue
        results = _results_behind(messages, place)
        for call in calls:
            split.append({**message, "tool_calls": [call]})
            places = results.pop(call["id"], [])
            split += [messages[at] for at in places]
            moved.update(places)
    return split


def _in_order_of_calls(messages: list[Message]) -> list[Message]:
    """Results in the order of their calls: many templates show no ids."""
    ordered = list(messages)
    for place, message in enumerate(messages):
        calls = message.get("tool_calls", [])
        if len(calls) < 2:
            continue
        results = _results_behind(messages, place)
        wanted = [at for call in calls for at in results.pop(call["id"], [])]
        for at, source in zip(sorted(wanted), wanted, strict=True):
            ordered[at] = messages[source]
    return ordered


def _results_behind(messages: list[Message], place: int) -> dict[str, list[int]]:
    """Where the results of one message's calls stand, by the id of the call: ids may come again in later turns."""
    results: dict[str, list[int]] = {}
    for at in range(place + 1, len(messages)):
        if messages[at]["role"] == "assistant":
            break
        if messages[at]["role"] == "tool":
            results.setdefault(messages[at]["tool_call_id"], []).append(at)
    return results
