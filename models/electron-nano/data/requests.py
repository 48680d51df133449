"""A request in one of two styles: text as heard by a recogniser, or as typed; never a held-out wording."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from . import collected, held_out, public_text
from .domain import Domain, Filled
from .entities import is_held_out
from .known_tools import DOMAINS
from .word_table import WordTable
from .wording import as_heard, as_transcribed, as_written, embellished, expand, misheard, normal, number_words

Json = dict[str, Any]
MISHEARD_SHARE = 0.45
EMBELLISHED_SHARE = 0.12
ANY_WORDS_SHARE = 0.2
WRITTEN_SHARE, HEARD_SHARE = 0.25, 0.15


@dataclass(frozen=True)
class Style:
    """How a person's words reach the model; `table` has words that may stand where a name is expected.

    `heard`: in lower case, without marks. `transcribed`: as a neural recogniser writes, with capitals, marks, and
    numbers in words. Neither: typed.
    """

    heard: bool
    noise: float = MISHEARD_SHARE
    transcribed: bool = False
    table: WordTable | None = None

    def clearer(self, most: float) -> Style:
        """The same with `most` noise, for sentences of which little may be lost."""
        return replace(self, noise=min(self.noise, most))


@dataclass(frozen=True)
class Request:
    """What is said, the tool it is for (by the demo's name), and the exact arguments."""

    text: str
    tool: str
    args: Json


@cache
def _held_out_skeletons() -> frozenset[str]:
    return frozenset(normal(g) for grammars in held_out.WORDINGS.values() for gs in grammars.values() for g in gs)


@cache
def _held_out_sentences() -> frozenset[str]:
    return frozenset(normal(text) for text, _, _ in held_out.SENTENCES)


def say(sentence: str, slots: dict[str, str], style: Style, rng: Random) -> str:
    """An expanded grammar with its slots filled, in the given style."""
    if not style.heard and not style.transcribed:
        return as_written(sentence.format(**slots), rng)
    if rng.random() < style.noise:
        sentence = misheard(sentence, rng) or sentence
    slots = {k: re.sub(r"\d+", lambda m: number_words(int(m.group())), v) for k, v in slots.items()}
    text = sentence.format(**slots)
    return as_heard(text) if style.heard else as_transcribed(text, rng)


def _lower(args: Json) -> Json:
    return {k: v.lower() if isinstance(v, str) else v for k, v in args.items()}


def _of_any_words(filled: Filled, table: WordTable, rng: Random) -> Filled:
    """The same with any words for its name: what is copied must not have to be known."""
    drawn = [table.draw(rng) for _ in range(rng.choice((1, 1, 2)))]
    words = " ".join(drawn)
    if any(map(is_held_out, (words, *drawn))):
        return filled
    name = words.title() if rng.random() < 0.7 else words
    values = {value for value in filled.args.values() if isinstance(value, str) and value in filled.slots.values()}
    slots = {k: name if v in values else v for k, v in filled.slots.items()}
    return Filled(slots, {k: name if v in values else v for k, v in filled.args.items()})


def _fill(domain: Domain, kind: str, grammar: str, style: Style, rng: Random, test: bool) -> Request:
    filled = domain.fill(kind, rng, test and rng.random() < 0.5)
    if style.table and style.table.words and rng.random() < ANY_WORDS_SHARE and len(filled.slots) == 1:
        filled = _of_any_words(filled, style.table, rng)
    text = say(grammar, filled.slots, style, rng)
    return Request(text, domain.tool, _lower(filled.args) if style.heard else filled.args)


def _collected(tool: str, style: Style, rng: Random) -> Request | None:
    """Now and then a request that was written or heard instead of made by a grammar."""
    kind = rng.random()
    if kind < WRITTEN_SHARE and (found := collected.written(tool, rng, style.table or WordTable())):
        sentence, values = found
        text = say(sentence, {k: v.spoken for k, v in values.items()}, style, rng)
        args = {k: v.value for k, v in values.items()}
        return Request(text, tool, _lower(args) if style.heard else args)
    if kind > 1 - HEARD_SHARE and style.heard and style.noise and (told := collected.heard(tool, rng)):
        return Request(told[0], tool, told[1])
    return None


def known(tool: str, style: Style, rng: Random) -> Request:
    """A training request for one of the demo's tools."""
    domain = DOMAINS[tool]
    kinds = [kind for kind, grammars in domain.grammars.items() for _ in grammars]
    while True:
        if collected := _collected(tool, style, rng):
            return collected
        kind = rng.choice(kinds)
        sentence = expand(rng.choice(domain.grammars[kind]), rng)
        if rng.random() < EMBELLISHED_SHARE:
            sentence = embellished(sentence, rng)
        if normal(sentence) in _held_out_skeletons():
            continue
        request = _fill(domain, kind, sentence, style, rng, test=False)
        if normal(request.text) not in _held_out_sentences() | _held_out_skeletons():
            return request


def worded(text: Path | None, *, test: bool = False) -> dict[str, list[Request]]:
    """Requests in people's own words, by tool."""
    found: dict[str, list[Request]] = defaultdict(list)
    for item in public_text.worded(text, test=test):
        if test or normal(item.text) not in _held_out_sentences():
            found[item.tool].append(Request(item.text, item.tool, dict(item.args)))
    return found


def in_style(request: Request, style: Style) -> Request:
    """A typed request as it is, or as a recogniser would write it."""
    if not style.heard or any(c.isdigit() for c in request.text):
        return request
    args = {k: as_heard(v) if isinstance(v, str) else v for k, v in request.args.items()}
    return Request(as_heard(request.text), request.tool, args)


def test(tool: str, style: Style, rng: Random, *, has_new_entities: bool = True) -> Request:
    """An evaluation request: a held-out wording, with new entities in half of the cases about a held-out one."""
    kind = rng.choice([kind for kind, grammars in held_out.WORDINGS[tool].items() for _ in grammars])
    return _fill(DOMAINS[tool], kind, rng.choice(held_out.WORDINGS[tool][kind]), style, rng, test=has_new_entities)


def incomplete(tool: str, style: Style, rng: Random) -> tuple[str, str, Request]:
    """A request that lacks its argument, the question back, and the person's answer with its call."""
    domain = DOMAINS[tool]
    first = say(expand(rng.choice(domain.incomplete), rng), {}, style, rng)
    while True:
        request = _completion(domain, style, rng)
        if normal(request.text) not in _held_out_sentences():
            return first, domain.ask, request


_AGAIN = "(and|what about|how about|no|no sorry|sorry i meant|i mean|actually|and now|now) "


def follow_up(tool: str, style: Style, rng: Random) -> Request:
    """A request that changes the argument of the one before it, as in "and in Paris"."""
    while True:
        request = _completion(DOMAINS[tool], style, rng, before=_AGAIN)
        if normal(request.text) not in _held_out_sentences():
            return request


def _completion(domain: Domain, style: Style, rng: Random, before: str = "") -> Request:
    if not domain.answer:
        kind = rng.choice(list(domain.grammars))
        words = expand(before + "[the|just] (" + kind + ") [them|it|them please|please]", rng)
        return Request(say(words, {}, style, rng), domain.tool, {"action": kind})
    kind = next(k for k in rng.sample(list(domain.grammars), len(domain.grammars)) if k not in ("fixed", "sized"))
    answer = expand(before + domain.answer, rng)
    if kind in ("the", "my"):
        answer = answer.replace("{p}", f"{kind} {{p}}")
    return _fill(domain, kind, answer, style, rng, test=False)
