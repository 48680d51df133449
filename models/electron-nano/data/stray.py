"""What is said to nobody here, or heard in part: sentences, numbers, words and beginnings that ask for nothing."""

from __future__ import annotations

from random import Random

from .tables import written_lines
from .word_table import WordTable
from .wording import expand, number_words

UNCLEAR = "Sorry, I did not understand. Please say it again."
_NUMBERS = (*range(13), 15, 20, 30, 50)
_BEGINNINGS = (
    "(could|can|would|will) you [please]",
    "(i want|i'd like|i need) [to|the|a]",
    "(please|hey) [could|can] [you]",
    "(is|are) (there|it) [a|the]",
    "(and|but|so) [then|the|a]",
    "(what|how|where|when) (is|about|are) [the]",
    "(the|a|an|this|that|it|in|on|of|at|to|for|with)",
    "(let|make) (me|us) [a|the]",
)


def stray(rng: Random, table: WordTable) -> str:
    """Something of the kind, in lower case."""
    kind = rng.random()
    if kind < 0.5:
        return expand(rng.choice(written_lines("stray.txt")), rng)
    if kind < 0.72:
        return " ".join(number_words(rng.choice(_NUMBERS)) for _ in range(rng.choice((1, 1, 1, 1, 2, 3, 5))))
    if kind < 0.87 or not table.words:
        return expand(rng.choice(_BEGINNINGS), rng)
    return " ".join(table.draw(rng) for _ in range(rng.choice((1, 2, 2, 3, 4))))
