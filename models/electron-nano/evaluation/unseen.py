"""Tools that training never saw, asked for in people's words; and known tools in people's words."""

from __future__ import annotations

from pathlib import Path
from random import Random

from data import mixture, people_tools, requests
from data.intents import clash
from data.known_tools import TOOLS
from data.people_tools import Intent
from data.prompts import persona
from data.requests import Style

from .known import asked
from .score import Score
from .speaker import Speaker


def unseen_tools(speaker: Speaker, score: Score, each: int, text: Path | None) -> None:
    """Two to eight tools made of held-out intents, one of which the request is for; then the same without it."""
    held_out = [i for i in people_tools.intents(text, test=True) if i.held_out]
    rng = Random("unseen tools")
    for intent in held_out:
        for _ in range(max(2, each // 3)):
            _one(speaker, score, intent, held_out, rng)


def _one(speaker: Speaker, score: Score, intent: Intent, intents: list[Intent], rng: Random) -> None:
    said = rng.choice(intent.said)
    offer = intent.tool(rng)
    apart = [i for i in intents if i.key != intent.key and not clash(i.key, intent.key)]
    others = [o for o in mixture.offers(apart, rng.randint(1, 7), rng) if o.name != offer.name]
    tools = [offer.definition, *(o.definition for o in others)]
    rng.shuffle(tools)
    messages = [{"role": "system", "content": persona(rng)[1]}, {"role": "user", "content": said.text}]
    got, args = speaker.answer(messages, tools), offer.arguments(said)
    exact = score.add_call("tools never seen", said.text, got, offer.name, args, goals=(85, 70))
    score.add(f"  tools never seen, {len(tools)} offered: exact", exact)
    if offer.renamed:
        score.add("  tools never seen with parameters: exact", exact)
    without = [o.definition for o in others]
    got = speaker.answer(messages, without)
    score.add("tools never seen, none fits: no call", not got.calls, f"{said.text!r} -> {got}")


def people(speaker: Speaker, score: Score, each: int, text: Path | None) -> None:
    """Weather and music in people's words, from the part that training never sees; as heard and as typed."""
    rng = Random("people")
    for tool, pool in requests.worded(text, test=True).items():
        for i, request in enumerate(rng.sample(pool, min(each * 2, len(pool)))):
            said = requests.in_style(request, Style(i % 2 == 0))
            score.add_call(
                "known tools, people's words", said.text, speaker.answer(asked(said.text), TOOLS), tool, said.args
            )
