"""A dense signal for the first steps: say again, look up a key, put heard words into JSON."""

from __future__ import annotations

import json
from random import Random
from typing import Any

from . import entities as en
from .invented_tools import CHOICES, COLORS, NOUNS, VERBS
from .tables import words
from .word_table import WordTable

_POOL = [*NOUNS, *VERBS, *COLORS, *CHOICES, *(w.lower() for t in (en.CITIES, en.NAMES, en.ITEMS) for w in words(t))]


def _words(rng: Random, n: int, table: WordTable) -> list[str]:
    return [_word(rng, table) for _ in range(n)]


def _word(rng: Random, table: WordTable) -> str:
    kind = rng.random()
    if kind < 0.2:
        return en.invented_word(rng).lower()
    return table.draw(rng) if table.words and kind < 0.8 else rng.choice(_POOL)


_ECHOES = ("say {w}", "{w} please", "the word is {w} today", "i want some {w} now", "can you say {w}", "my {w} is here")
_REPLIES = ("{w}", '{{"text": "{w}"}}', "You said {w}.", '{{"name": "say", "arguments": {{"word": "{w}"}}}}')


def _echo(rng: Random, table: WordTable) -> list[dict[str, Any]]:
    """A few words given back, in the same form all along."""
    reply = rng.choice(_REPLIES)
    messages: list[dict[str, Any]] = [{"role": "system", "content": "Give back the word."}]
    for _ in range(rng.randint(3, 8)):
        word = " ".join(_words(rng, rng.choice((1, 1, 2, 2, 3, 4)), table))
        messages.append({"role": "user", "content": rng.choice(_ECHOES).format(w=word)})
        messages.append({"role": "assistant", "content": reply.format(w=word)})
    return messages


def nearest(rng: Random, table: WordTable) -> list[dict[str, Any]]:
    """Which of the words listed is near in meaning to one that is said."""
    keys = [rng.choice(list(table.near)) for _ in range(rng.randint(3, 10))]
    listed = [key for i, key in enumerate(keys) if not {key, *table.near[key]} & set(keys[:i])]
    messages = [{"role": "system", "content": f"Which word fits?\n{rng.choice((', ', ' ')).join(listed)}"}]
    for key in rng.choices(listed, k=rng.randint(4, 8)):
        said = key if rng.random() < 0.4 else rng.choice(table.near[key])
        messages += [{"role": "user", "content": said}, {"role": "assistant", "content": key}]
    return messages


def exercise(rng: Random, table: WordTable) -> list[dict[str, Any]]:
    """A conversation that is all copying."""
    kind = rng.choice(("echo", "echo", "echo", "echo", "say", "json", "lookup", "lookup", "which"))
    if kind == "echo":
        return _echo(rng, table)
    messages: list[dict[str, Any]] = []
    if kind in ("say", "json"):
        messages.append(
            {"role": "system", "content": "Repeat the words." if kind == "say" else "Repeat the words as JSON."}
        )
        for _ in range(rng.randint(2, 4)):
            text = " ".join(_words(rng, rng.randint(2, 14), table))
            reply = text if kind == "say" else json.dumps({"text": text})
            messages += [{"role": "user", "content": f"say {text}"}, {"role": "assistant", "content": reply}]
        return messages
    keys = list(dict.fromkeys(_words(rng, rng.randint(3, 10), table)))
    entries = {k: " ".join(_words(rng, rng.randint(1, 3), table)) for k in keys}
    listing = json.dumps(entries) if rng.random() < 0.5 else "\n".join(f"{k}: {v}" for k, v in entries.items())
    messages.append({"role": "system", "content": f"Look up.\n{listing}"})
    for _ in range(rng.randint(3, 6)):
        key = rng.choice(keys)
        if kind == "lookup":
            messages += [{"role": "user", "content": f"what is {key}"}, {"role": "assistant", "content": entries[key]}]
        else:
            messages += [{"role": "user", "content": f"which is {entries[key]}"}, {"role": "assistant", "content": key}]
    return messages
