"""Names and descriptions of tools made of words of the requests for them: too many to remember, so they are read."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from random import Random

from .tables import words
from .word_table import PLAIN, WordTable

_VERBS = words("get find show check ask look_up do use handle request query lookup service help_with info about")
_LEADS = words(
    """{w}.|About {w}.|For {w}.|Anything with {w}.|Use it for {w}.|Helps with {w}.|Questions about {w}.
{w}, and the like.|Answers what people ask about {w}.
When the user speaks of {w}.|Looks after {w}.|Everything on {w}."""
)
_EXAMPLES = words("""Such as: {r}|For example "{r}".|Use when someone says: {r}|Serves requests like '{r}'.|E.g. {r}""")
NEAR_SHARE, EXAMPLE_SHARE = 0.25, 0.2


def content_words(text: str) -> list[str]:
    """The words of a request that say what it is about, in their order, lower case."""
    found = re.findall(r"[a-z]{3,}", text.lower().replace("'", ""))
    return list(dict.fromkeys(w for w in found if w not in PLAIN))


def telling(texts: list[str], spread: Counter[str]) -> dict[str, float]:
    """How well each word of `texts` tells them from all others; `spread` counts the requests that hold a word."""
    counts = Counter(w for text in texts for w in content_words(text))
    return {w: n * n / (spread[w] + 1) for w, n in counts.items()}


def word_spread(texts: Iterable[str]) -> Counter[str]:
    """In how many of `texts` each content word is."""
    return Counter(w for text in texts for w in content_words(text))


def _drawn(weights: dict[str, float], count: int, table: WordTable, rng: Random) -> list[str]:
    """Up to `count` words, the telling ones sooner, some exchanged for a near one."""
    chosen: list[str] = []
    for _ in range(count):
        rest = {w: v for w, v in weights.items() if w not in chosen}
        if rest:
            chosen += rng.choices(list(rest), list(rest.values()))
    return [table.another(w, rng) if rng.random() < NEAR_SHARE else w for w in chosen]


def name(weights: dict[str, float], table: WordTable, rng: Random) -> str:
    """A tool's name of one to three words."""
    parts = _drawn(weights, rng.choice((1, 1, 2, 2, 3)), table, rng)
    if len(parts) == 1 or rng.random() < 0.3:
        parts.insert(0, rng.choice(_VERBS))
    return "_".join(dict.fromkeys(parts))


def description(weights: dict[str, float], examples: list[str], table: WordTable, rng: Random) -> str:
    """A sentence with the words, or with a request as an example."""
    if rng.random() < EXAMPLE_SHARE:
        example = rng.choice(examples)
        if len(example) < 60:
            return rng.choice(_EXAMPLES).format(r=example.rstrip("?.!"))
    drawn = _drawn(weights, rng.choice((1, 2, 2, 3, 4)), table, rng)
    joined = (
        ", ".join(drawn[:-1]) + (" and " if len(drawn) > 1 else "") + drawn[-1]
        if rng.random() < 0.6
        else " ".join(drawn)
    )
    line = rng.choice(_LEADS).format(w=joined)
    return line[:1].upper() + line[1:]
