"""What the system prompt asks for: facts, filler before a call, JSON, a greeting first."""

from __future__ import annotations

import json
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


def facts(speaker: Speaker, score: Score, each: int) -> None:
    """Three to seven facts in the prompt; each is asked for, and as many that are not there."""
    rng, listed = Random("facts"), held_out_prompts.facts()
    for _ in range(max(2, each // 3)):
        count = rng.randint(3, 7)
        sheet = rng.sample(listed, 2 * count)
        _, system = persona(rng)
        prompt = {"role": "system", "content": f"{system} {' '.join(told for told, _, _ in sheet[:count])}"}
        values = [value for _, _, value in sheet[:count]]
        for i, (_, question, value) in enumerate(sheet):
            got = speaker.answer([prompt, {"role": "user", "content": question}], None)
            said, shown = normal(got.text), f"{question!r} -> {got}, {value!r} {'there' if i < count else 'absent'}"
            if i < count:
                score.add("facts: told", normal(value) in said, shown, goal=90)
            else:
                admitted = "not know" in said and not any(normal(v) in said.split() for v in values)
                score.add("facts: absent, admitted", admitted, shown, goal=85)


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
