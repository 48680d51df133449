"""Tools for any word that people use: a request that holds the word asks for the tool. There are thousands of them."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from random import Random

from . import named
from .people_tools import Intent, Offer, Said
from .word_table import WordTable, stem

LEAST, MOST_WORDS = 4, 14


def _stems(text: str) -> frozenset[str]:
    return frozenset(stem(w) for w in named.content_words(text))


@dataclass(frozen=True)
class Spoken:
    """A request and the stems of its content words."""

    text: str
    stems: frozenset[str]


class WordIntents:
    """Requests by the words in them, and tools offered for some of the words."""

    def __init__(self, texts: list[str], table: WordTable, most_share: float = 0.01) -> None:
        self.table = table
        self.spread = named.word_spread(texts)
        self.said = [Spoken(t, _stems(t)) for t in texts if len(t.split()) <= MOST_WORDS]
        by_stem: dict[str, list[Spoken]] = defaultdict(list)
        for spoken in self.said:
            for s in spoken.stems:
                by_stem[s].append(spoken)
        most = most_share * len(self.said)
        self.by_stem = {s: found for s, found in by_stem.items() if LEAST <= len(found) <= most}
        self.stems = sorted(self.by_stem)

    def groups(self, count: int, rng: Random) -> tuple[dict[str, list[Spoken]], list[str]]:
        """Requests for up to `count` stems, none with two of the stems, and requests with none of them."""
        found: dict[str, list[Spoken]] = {}
        while not found:
            chosen = rng.sample(self.stems, min(count, len(self.stems)))
            for s in chosen:
                others = set(chosen) - {s}
                said = [spoken for spoken in self.by_stem[s] if not spoken.stems & others]
                if said:
                    found[s] = rng.sample(said, min(8, len(said)))
            count -= 1
        served = set(chosen)
        absent = [x.text for x in rng.sample(self.said, min(12, len(self.said))) if not x.stems & served]
        return found, absent

    def offers(self, count: int, rng: Random) -> tuple[list[Offer], list[str]]:
        """Up to `count` tools that no request is for two of, and requests that none of them serves."""
        groups, absent = self.groups(count, rng)
        return [self._offer(s, said, rng) for s, said in groups.items()], absent

    def _offer(self, s: str, said: list[Spoken], rng: Random) -> Offer:
        weights = named.telling([x.text for x in said], self.spread)
        about = Counter(w for x in said for w in named.content_words(x.text) if stem(w) == s)
        word = rng.choices(list(about), list(about.values()))[0]
        weights = {w: v for w, v in weights.items() if w == word or (stem(w) != s and v > 0.5)}
        weights[word] = 3 * sum(weights.values())
        texts = [x.text for x in said]
        names = [named.name(weights, self.table, rng)]
        intent = Intent(
            f"word/{s}", names, [named.description(weights, texts, self.table, rng)], False, [], [],
            [Said(t, {}) for t in texts],
        )  # fmt: skip
        return intent.tool(rng)


def renamed(intents: list[Intent], table: WordTable, rng: Random, count: int = 24) -> list[Intent]:
    """The intents with `count` more names and descriptions each, made of their requests."""
    spread = named.word_spread(s.text for intent in intents for s in intent.said)
    more = []
    for intent in intents:
        texts = [s.text for s in intent.said]
        weights = dict(sorted(named.telling(texts, spread).items(), key=lambda item: -item[1])[:14])
        if not weights:
            continue
        names = [named.name(weights, table, rng) for _ in range(count)]
        told = [named.description(weights, texts, table, rng) for _ in range(count)]
        more.append(replace(intent, names=intent.names * 4 + names, descriptions=intent.descriptions * 6 + told))
    return more
