"""Frequent English words and which of them are near in meaning, from the table that `words.py` makes."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from random import Random

import numpy as np

from .tables import words

# Words that name nothing by themselves, not even in a list of tools.
PLAIN = frozenset(
    words(
        """a an the and or but if so as at by for from in into of off on onto out over than then that this these those
there here to too up with without within upon about after again all also always am any anyone anything are aren
around be because been before being below between both can cannot could couldn did didn do does doesn doing don
done down during each either else ever every everything few further get gets getting give gives go goes going
gonna got gotten had has hasn have haven having he her hers herself hey him himself his how however i it its
itself just know let lets like ll look looking made make makes many may maybe me might mine more most much must
my myself need needs never no none nor not nothing now ok okay one ones only other others our ours ourselves
please put really re right said same say says see shall she should shouldn since some somebody someone something
soon still such sure take takes tell thank thanks their theirs them themselves they thing things think though
through thus today two under until us use used using ve very want wants was wasn way we well went were weren
what whatever when where whether which while who whom whose why will with won would wouldn yes yet you your
yours yourself could'd im ill id ive dont cant whats hows thats isnt theres wheres whens doesnt didnt wont arent
hi hello good great nice new old big little lot lots first last next many per able actually possible currently
exactly wondering wonder help helping question answer ask asking find show check keep come came time times day
days year years people person man men woman mr mrs ms st u s t d m n"""
    )
)


@dataclass(frozen=True)
class WordTable:
    """Common words by frequency; `near` gives words of like meaning, the nearest first."""

    words: list[str] = field(default_factory=list)
    near: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    @cache
    def load(cls, path: Path | None) -> WordTable:
        """The table of `words.py`, empty where there is none."""
        if not path:
            return cls()
        with np.load(path) as file:
            listed, rows = [str(w) for w in file["words"]], file["near"]
        near = {}
        for word, row in zip(listed, rows, strict=False):
            others = [listed[i] for i in row if i >= 0 and _is_exercised(listed[i]) and apart(word, listed[i])]
            if _is_exercised(word) and others:
                near[word] = others[:5]
        return cls([w for w in listed if _is_exercised(w)], near)

    def draw(self, rng: Random) -> str:
        """Any word, a common one sooner."""
        return rng.choice(self.words[: rng.choice((1500, 6000, len(self.words)))])

    def another(self, word: str, rng: Random) -> str:
        """A word near to `word`; the word itself where the table has none."""
        return rng.choice(self.near.get(word, [word]))


def _is_exercised(word: str) -> bool:
    """Whether a word says something."""
    return len(word) > 2 and word not in PLAIN


def stem(word: str) -> str:
    """A rough stem, enough to see that `tickets` is `ticket`."""
    for end in ("ing", "ies", "es", "ed", "s"):
        if word.endswith(end) and len(word) - len(end) >= 3:
            return word[: -len(end)]
    return word


def apart(a: str, b: str) -> bool:
    """Whether two words are more than two forms of one."""
    return stem(a) != stem(b)
