"""Conversations of six turns with the demo: requests of all kinds, the model's own answers in the history."""

from __future__ import annotations

import json
from random import Random
from typing import Any

from data import held_out, requests
from data.known_tools import DOMAINS, INSTRUCTIONS, TOOLS
from data.requests import Request, Style

from .score import Score, folded
from .speaker import Answer, Speaker

Json = dict[str, Any]
HEARD = Style(True, 0.0)


def six_turns(speaker: Speaker, score: Score, each: int) -> None:
    """Four held-out requests, a change of one of them ("and in Paris"), and small talk; each judged."""
    for number in range(each):
        rng = Random(f"six turns {number}")
        messages: list[Json] = [{"role": "system", "content": INSTRUCTIONS}]
        right = [_turn(speaker, messages, request, rng) for request in _requests(rng)]
        for mark, shown in right:
            score.add("six turns: each turn", mark, shown)
        score.add("six turns: all six", all(mark for mark, _ in right))


def _requests(rng: Random) -> list[Request | tuple[str, str]]:
    tools = rng.sample([t for t in DOMAINS if t != "set_window"], 4)
    script: list[Request | tuple[str, str]] = [requests.test(tool, HEARD, rng) for tool in tools]
    script.insert(rng.randint(0, 4), rng.choice(held_out.TALK))
    changed = rng.choice(tools)
    place = next(i for i, item in enumerate(script) if isinstance(item, Request) and item.tool == changed)
    script.insert(place + 1, requests.follow_up(changed, HEARD, rng))
    return script


def _turn(speaker: Speaker, messages: list[Json], item: Request | tuple[str, str], rng: Random) -> tuple[bool, str]:
    """One turn, appended to `messages` as it came; whether it was right, and what to show."""
    said = item.text if isinstance(item, Request) else item[0]
    messages.append({"role": "user", "content": said})
    got = speaker.answer(messages, TOOLS)
    _remember(messages, got)
    if not isinstance(item, Request):
        return not got.calls and item[1] in got.text.lower(), f"{said!r} -> {got}"
    for name, args in got.calls:
        result = DOMAINS[item.tool].result(item.args, rng) if name == item.tool else {"status": "ok", **args}
        messages.append({"role": "tool", "content": json.dumps(result)})
    if got.calls:
        _remember(messages, speaker.answer(messages, TOOLS))
    right = [(name, folded(args)) for name, args in got.calls] == [(item.tool, folded(item.args))]
    return right, f"{said!r} -> {got}, not {item.tool} {item.args}"


def _remember(messages: list[Json], got: Answer) -> None:
    calls = [{"function": {"name": name, "arguments": args}} for name, args in got.calls]
    messages.append({"role": "assistant", "content": got.text, **({"tool_calls": calls} if calls else {})})
