"""The mixture of skills: which agents there are, how often, and in what order the training meets them."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from random import Random
from typing import Any

from rendering import render

from . import copying, facts, invented_tools, judging, people_tools, picking, public_text, written_tools
from .aliases import TOOL_BY_NAME, Alias, alias
from .apart import Apart, kept_apart
from .conversation import Conversation
from .intents import clash
from .known_tools import DOMAINS, INSTRUCTIONS
from .people_tools import Intent, Offer
from .prompts import persona
from .requests import Request, Style, worded
from .sources import Sources
from .word_intents import WordIntents, renamed
from .word_table import WordTable
from .wording import normal

EXERCISE_SHARE = 0.16
PICKING_SHARE, NEAR_SHARE = 0.4, 0.25


@dataclass(frozen=True)
class Dialogue:
    """One training document, and what the assistant copies in it besides values of calls and results.

    `is_exercise`: of copying; any other words would do. `is_judgement`: one request beside one tool.
    """

    messages: list[dict[str, Any]]
    tools: list[dict[str, Any]]
    copied: list[str] = field(default_factory=list)
    is_exercise: bool = False
    is_judgement: bool = False

    @property
    def text(self) -> str:
        return render(self.messages, self.tools)


def _demo(tool: str) -> Alias:
    return Alias(DOMAINS[tool], TOOL_BY_NAME[tool], {})


def _known_agent(rng: Random) -> Conversation:
    """The demo itself, with all its tools; or some of them, in any order, for any persona."""
    if rng.random() < 0.33:
        return Conversation(rng, offered=[_demo(t) for t in DOMAINS], filler=rng.random() < 0.12)
    tools = rng.sample(list(DOMAINS), rng.choice((1, 2, 3, 4, 5, 6, 7)))
    me, system = persona(rng) if rng.random() < 0.7 else ("Electron", INSTRUCTIONS)
    renamed = rng.random() < 0.5
    offered = [alias(t, rng) if renamed and rng.random() < 0.8 else _demo(t) for t in tools]
    return Conversation(rng, me, system, offered=offered, filler=rng.random() < 0.15)


def _invented_agent(rng: Random, most: int) -> Conversation:
    me, system = persona(rng)
    known = [_demo(t) for t in rng.sample(list(DOMAINS), rng.choice((0, 0, 1, 2)))]
    tools = invented_tools.offer(rng.randint(1, most), rng)
    return Conversation(
        rng, me, system, offered=known, invented=tools, filler=rng.random() < 0.15, calls_only=rng.random() < 0.5
    )


def offers(intents: list[Intent], count: int, rng: Random) -> list[Offer]:
    """Tools for up to `count` intents that are not too alike, each under a name of its own."""
    chosen: list[Offer] = []
    for intent in rng.sample(intents, min(3 * count, len(intents))):
        offer = intent.tool(rng)
        apart = not any(clash(intent.key, o.intent.key) or offer.name == o.name for o in chosen)
        if len(chosen) < count and apart and intent.said:
            chosen.append(offer)
    return chosen


def _people_agent(rng: Random, intents: list[Intent], most: int) -> Conversation:
    me, system = persona(rng)
    people = offers(intents, rng.randint(1, most), rng)
    apart = [t for t in DOMAINS if not any(clash(f"demo/{t}", o.intent.key) for o in people)]
    known = [_demo(t) for t in rng.sample(apart, rng.choice((0, 0, 0, 1)))]
    dense = rng.random() < 0.75
    return Conversation(rng, me, system, offered=known, people=people, filler=rng.random() < 0.15, calls_only=dense)


def _worded_agent(rng: Random, word_intents: WordIntents, most: int) -> Conversation:
    """Tools named by words of the requests for them, and refusals of what none of them is named for."""
    me, system = persona(rng)
    people, absent = word_intents.offers(rng.randint(1, most), rng)
    return Conversation(rng, me, system, people=people, absent=absent, filler=rng.random() < 0.1, calls_only=True)


def _written_agent(rng: Random, most: int) -> Conversation:
    """Tools and requests written by hand, and requests for what is not offered."""
    me, system = persona(rng)
    offered, absent = written_tools.offers(rng.randint(1, most), rng)
    known = [_demo(t) for t in rng.sample(list(DOMAINS), rng.choice((0, 0, 0, 1, 2)))]
    dense = rng.random() < 0.6
    return Conversation(
        rng, me, system, offered=known, written=offered, written_absent=absent, filler=rng.random() < 0.15,
        calls_only=dense,
    )  # fmt: skip


def _informed_agent(rng: Random, table: WordTable) -> Conversation:
    me, system = persona(rng)
    offered = [_demo(t) for t in rng.sample(list(DOMAINS), rng.choice((0, 0, 1, 2)))]
    only_json = rng.random() < 0.25
    if only_json:
        return Conversation(rng, me, system, sheet=facts.sheet(rng, table), json_answers=True)
    return Conversation(rng, me, system, offered=offered, sheet=facts.sheet(rng, table), greets=rng.random() < 0.3)


def _talking_agent(rng: Random) -> Conversation:
    me, system = persona(rng)
    if rng.random() < 0.3:
        return Conversation(rng, system=None)
    return Conversation(rng, me, system, greets=rng.random() < 0.3)


@dataclass(frozen=True)
class People:
    """What people said: requests that nothing here serves, requests by tool of the demo, and intents for tools.

    `apart` is what no training document may hold; None where the documents are for a test.
    """

    outside: list[str]
    worded: dict[str, list[Request]]
    intents: list[Intent]
    table: WordTable = field(default_factory=WordTable)
    word_intents: WordIntents | None = None
    apart: Apart | None = None

    @classmethod
    @cache
    def load(cls, sources: Sources) -> People:
        """What training may use."""
        text, table = sources.text, WordTable.load(sources.words)
        intents = people_tools.intents(text)
        outside = public_text.outside(text)
        plain = [s.text for i in intents if not i.key.startswith("snips") for s in i.said]
        apart = kept_apart(text)
        texts = sorted(t for t in {*plain, *outside} if normal(t) not in apart.said)
        word_intents = WordIntents(texts, table)
        intents = renamed(intents, table, Random("names"))
        return cls(outside, worded(text), intents, table, word_intents if word_intents.stems else None, apart)


def _exercise(rng: Random, people: People) -> Dialogue:
    """Choosing by a word, by what is near in meaning, or copying."""
    if people.word_intents and rng.random() < PICKING_SHARE:
        return Dialogue(picking.exercise(rng, people.word_intents), [])
    if people.table.near and rng.random() < NEAR_SHARE:
        return Dialogue(copying.nearest(rng, people.table), [])
    messages = copying.exercise(rng, people.table)
    return Dialogue(messages, [], [m["content"] for m in messages if m["role"] == "assistant"], is_exercise=True)


def document(rng: Random, stage: int, people: People) -> Dialogue:
    """An exercise or a dialogue. Stage 0 is mostly copying, with short tool lists; stage 1 is the full mixture."""
    is_exercise = rng.random() < (0.75, EXERCISE_SHARE)[stage]
    while True:
        made = _exercise(rng, people) if is_exercise else dialogue(rng, stage, people)
        if not people.apart or not people.apart.found(made.messages, made.tools):
            return made


def judgement(rng: Random, people: People) -> Dialogue:
    """One request beside one tool."""
    while True:
        drawn = rng.random()
        style = Style(heard=drawn < 0.5, transcribed=drawn > 0.85, table=people.table)
        talk = judging.judgement(rng, style, people.intents, people.word_intents, people.outside)
        if not people.apart or not people.apart.found(talk.messages, talk.tools):
            return Dialogue(talk.messages, talk.tools, is_judgement=True)


def dialogue(rng: Random, stage: int, people: People, style: Style | None = None) -> Dialogue:
    """A dialogue with one of the agents; the user's `style` is drawn where none is given."""
    kind = rng.random()
    if kind < 0.16:
        conversation = _known_agent(rng)
    elif kind < 0.2:
        conversation = _invented_agent(rng, (2, 5)[stage])
    elif kind < 0.32 and people.word_intents:
        conversation = _worded_agent(rng, people.word_intents, (3, 8)[stage])
    elif kind < 0.47 and people.intents:
        conversation = _people_agent(rng, people.intents, (3, 8)[stage])
    elif kind < 0.73:
        conversation = _written_agent(rng, (3, 8)[stage])
    elif kind < 0.96:
        conversation = _informed_agent(rng, people.table)
    else:
        conversation = _talking_agent(rng)
    conversation.outside, conversation.worded, conversation.intents = people.outside, people.worded, people.intents
    conversation.style = style or replace(conversation.style, table=people.table)
    if conversation.greets:
        conversation.greeting()
    few, many = (6, 9) if len(conversation.tools) > 4 else (3, 6)
    if conversation.calls_only:
        few, many = 8, 14
    for _ in range(rng.randint(few, many)):
        conversation.turn()
    known = [fact.value for fact in conversation.sheet.known] if conversation.sheet else []
    return Dialogue(conversation.messages, conversation.tools, known)


def dialogues(
    seed: int, count: int, stage: int = 1, sources: Sources | None = None, judgements: int = 0
) -> Iterator[Dialogue]:
    """`count` documents, each with so many judgements behind it; the same for the same seed."""
    rng = Random(f"{seed}-{stage}")
    people = People.load(sources or Sources())
    for _ in range(count):
        yield document(rng, stage, people)
        for _ in range(judgements if stage else 0):
            yield judgement(rng, people)


def main() -> None:
    parser = argparse.ArgumentParser(description="Print a few documents.")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, default=5)
    parser.add_argument("--stage", type=int, default=1)
    Sources.add_options(parser)
    args = parser.parse_args()
    for item in dialogues(args.seed, args.count, args.stage, Sources.given(args)):
        print(item.text, end="\n\n")


if __name__ == "__main__":
    main()
