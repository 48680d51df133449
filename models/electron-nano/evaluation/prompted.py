"""What the system prompt asks for: facts, filler before a call, JSON, a greeting first."""

from __future__ import annotations

import json
from collections.abc import Iterator
from random import Random
from typing import Any

from data import held_out_prompts, requests
from data.known_tools import DOMAINS, INSTRUCTIONS, TOOLS
from data.prompts import persona
from data.requests import Style
from data.wording import normal

from .score import Score
from .speaker import Speaker

Json = dict[str, Any]
Fact = tuple[str, str, str]  # statement, question, words of the answer


def facts(speaker: Speaker, score: Score, each: int) -> None:
    """Each fact is asked for where it is in the prompt and where others are: `each` // 24 times, at least once."""
    rng, listed = Random("facts"), held_out_prompts.facts()
    for _ in range(max(1, each // 24)):
        sheets = list(_sheets(listed, rng))
        for sheet, absent in zip(sheets, sheets[1:] + sheets[:1], strict=True):
            _, system = persona(rng)
            prompt = {"role": "system", "content": f"{system} {' '.join(told for told, _, _ in sheet)}"}
            values = [value for _, _, value in sheet]
            for _, question, value in sheet:
                got = speaker.answer([prompt, {"role": "user", "content": question}], None)
                told = normal(value) in normal(got.text)
                score.add("facts: told", told, f"{question!r} -> {got}, {value!r} there", goal=90)
            for _, question, value in absent:
                got = speaker.answer([prompt, {"role": "user", "content": question}], None)
                said = normal(got.text)
                admitted = "not know" in said and not any(normal(v) in said.split() for v in values)
                score.add("facts: absent, admitted", admitted, f"{question!r} -> {got}, {value!r} absent", goal=85)


def _sheets(listed: list[Fact], rng: Random) -> Iterator[list[Fact]]:
    """All facts in any order, three to seven at a time."""
    rest = rng.sample(listed, len(listed))
    while rest:
        count = rng.randint(3, 7)
        yield rest[:count]
        rest = rest[count:]


def filler(speaker: Speaker, score: Score, each: int) -> None:
    """The demo with and without an instruction, in words of its own, to say something before a call."""
    rng = Random("filler")
    for tool in DOMAINS:
        for i in range(max(2, each // 3)):
            rule = rng.choice(held_out_prompts.FILLER_RULES) if i % 2 else ""
            request = requests.test(tool, Style(True, 0.0), rng)
            messages = [{"role": "system", "content": f"{INSTRUCTIONS} {rule}".strip()}]
            messages += [{"role": "user", "content": request.text}]
            got = speaker.answer(messages, TOOLS)
            if got.calls:
                right = bool(got.text.strip()) == bool(rule)
                score.add("filler exactly when asked", right, f"{rule!r}: {request.text!r} -> {got}", goal=98)


def json_answers(speaker: Speaker, score: Score, each: int) -> None:
    """Facts asked for under an instruction to answer with JSON."""
    rng, listed = Random("json"), held_out_prompts.facts()
    for _ in range(each):
        sheet = rng.sample(listed, 4)
        told = " ".join(statement for statement, _, _ in sheet)
        _, question, value = rng.choice(sheet)
        prompt = f"{persona(rng)[1]} {told} {held_out_prompts.JSON_RULE}"
        got = speaker.answer([{"role": "system", "content": prompt}, {"role": "user", "content": question}], None)
        found = _json(got.text)
        score.add("JSON when asked: an object", found is not None, f"{question!r} -> {got}")
        score.add("JSON when asked: the value", found is not None and normal(value) in normal(str(found)))


def _json(text: str) -> Json | None:
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def greeting(speaker: Speaker, score: Score, each: int) -> None:
    """The assistant speaks first where it is told to, and gives its name."""
    rng = Random("greeting")
    for _ in range(each):
        me, system = persona(rng)
        got = speaker.answer([{"role": "system", "content": f"{system} {held_out_prompts.GREETING_RULE}"}], None)
        fits = me.lower() in got.text.lower() and any(w in got.text.lower() for w in ("hello", "hi", "welcome"))
        score.add("greets first when told", fits, f"{me}: {got}")
