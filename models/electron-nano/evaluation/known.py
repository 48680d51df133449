"""The demo's tools on wordings that training never saw: calls, narration, talk, and tools that are not offered."""

from __future__ import annotations

import json
from random import Random
from typing import Any

from data import held_out, requests
from data.aliases import TOOL_BY_NAME
from data.entities import plural
from data.known_tools import DOMAINS, INSTRUCTIONS, TOOLS
from data.requests import Request, Style

from .score import Score
from .speaker import Speaker

Json = dict[str, Any]
STYLES = {"heard": Style(True, 0.0), "misheard": Style(True, 1.0), "typed": Style(False)}


def asked(said: str) -> list[Json]:
    """The demo with one request."""
    return [{"role": "system", "content": INSTRUCTIONS}, {"role": "user", "content": said}]


def demo_sentences(speaker: Speaker, score: Score, _: int) -> None:
    """The demo's own requests, word for word."""
    for said, tool, args in held_out.SENTENCES:
        score.add_call("demo sentences", said, speaker.answer(asked(said), TOOLS), tool, args, goals=(100, 100))


def known_tools(speaker: Speaker, score: Score, each: int) -> None:
    """Held-out wordings, all the demo's tools: as heard, with recogniser errors, as typed; then the narration."""
    for kind, style in STYLES.items():
        row = f"known tools, {kind}"
        for tool in DOMAINS:
            rng = Random(f"{kind} {tool}")
            for _ in range(each if kind == "heard" else each // 3):
                request = requests.test(tool, style, rng)
                got = speaker.answer(asked(request.text), TOOLS)
                exact = score.add_call(row, request.text, got, tool, request.args, goals=(97, 93))
                if kind == "heard":
                    score.add(f"  {tool}: exact", exact)
                _narration(speaker, score, request, rng)


def _narration(speaker: Speaker, score: Score, request: Request, rng: Random) -> None:
    """The tool's result told: every value said, nothing called."""
    result = DOMAINS[request.tool].result(request.args, rng)
    call = {"function": {"name": request.tool, "arguments": request.args}}
    messages = asked(request.text)
    messages += [{"role": "assistant", "content": None, "tool_calls": [call]}]
    messages += [{"role": "tool", "content": json.dumps(result)}]
    told = speaker.answer(messages, TOOLS)
    values = [str(v).lower() for v in result.values() if v not in ("ok", "calling", "open", "close")]
    right = all(v in told.text.lower() or plural(v) in told.text.lower() for v in values) and not told.calls
    score.add("narration holds the values", right, f"{result} -> {told}", goal=95)


def talk(speaker: Speaker, score: Score, _: int) -> None:
    """Small talk, and what no tool does: no call, and the word that belongs there."""
    for said, word in held_out.TALK:
        got = speaker.answer(asked(said), TOOLS)
        score.add("talk and refusals: no call", not got.calls, f"{said!r} -> {got}", goal=97)
        score.add("talk and refusals: fitting", word in got.text.lower(), f"{said!r} -> {got}")


def stray(speaker: Speaker, score: Score, _: int) -> None:
    """What asks for nothing: no call."""
    for said in held_out.STRAY:
        got = speaker.answer(asked(said), TOOLS)
        score.add("asks for nothing: no call", not got.calls, f"{said!r} -> {got}")


def absent_tools(speaker: Speaker, score: Score, each: int) -> None:
    """A request whose tool is not offered: three others are, or all the others."""
    rng = Random("absent")
    for tool in DOMAINS:
        for i in range(max(2, each // 3)):
            others = [t for t in DOMAINS if t != tool]
            offered = others if i % 2 else rng.sample(others, 3)
            request = requests.test(tool, Style(True, 0.0), rng)
            got = speaker.answer(asked(request.text), [TOOL_BY_NAME[t] for t in offered])
            score.add("tool not offered: no call", not got.calls, f"{request.text!r} -> {got}")
