"""Exercises of choosing from a list: which entry holds a word of what is said, without the marks of a tool call."""

from __future__ import annotations

import json
from random import Random
from typing import Any

from . import entities as en
from .named import content_words
from .word_intents import Spoken, WordIntents
from .word_table import stem

NONE, NONE_SHARE, NEAR_SHARE = "none", 0.12, 0.15
_LEADS = ("Pick one.", "Which one is it?", "Choose from the list.", "What is it about?")


def _word(said: Spoken, s: str) -> str:
    return next(w for w in content_words(said.text) if stem(w) == s)


def _listed(entries: list[tuple[str, str]], kind: str) -> str:
    """The list as the prompt shows it: bare words, names with words, or JSON lines."""
    if kind == "words":
        return ", ".join(name for name, _ in entries)
    if kind == "lines":
        return "\n".join(f"{name}: {told}" for name, told in entries)
    return "\n".join(json.dumps({"name": name, "description": told}) for name, told in entries)


def exercise(rng: Random, intents: WordIntents) -> list[dict[str, Any]]:
    """Five to twelve requests, each for one entry of a list or for none."""
    chosen, absent = intents.groups(rng.randint(2, 8), rng)
    kind = rng.choice(("words", "words", "lines", "lines", "json"))
    entries: dict[str, tuple[str, str]] = {}
    for s, said in chosen.items():
        word = _word(rng.choice(said), s)
        shown = intents.table.another(word, rng) if rng.random() < NEAR_SHARE else word
        others = [w for w in content_words(rng.choice(said).text) if stem(w) != s][: rng.choice((0, 0, 1, 2))]
        told = [shown, *others]
        rng.shuffle(told)
        if kind == "words":
            entries[s] = (shown, "")
        elif kind == "lines" and rng.random() < 0.6:
            name = (
                intents.table.draw(rng) if intents.table.words and rng.random() < 0.5 else en.invented_word(rng).lower()
            )
            entries[s] = (name, " ".join(told))
        else:
            entries[s] = ("_".join(told), " ".join(told))
    listed = list(entries.values())
    rng.shuffle(listed)
    messages: list[dict[str, Any]] = [{"role": "system", "content": f"{rng.choice(_LEADS)}\n{_listed(listed, kind)}"}]
    for _ in range(rng.randint(5, 12)):
        if absent and rng.random() < NONE_SHARE:
            text, answer = rng.choice(absent), NONE
        else:
            s = rng.choice(list(chosen))
            text, answer = rng.choice(chosen[s]).text, entries[s][0]
        messages += [{"role": "user", "content": text.lower()}, {"role": "assistant", "content": answer}]
    return messages
