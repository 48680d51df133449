"""What people say to voice agents, as a recogniser would write it: from the training dialogues of electron-nano.

Nothing that the evaluation keeps for itself is among it, and nothing misheard.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "electron-nano"))
from data.mixture import People, dialogue
from data.requests import Style
from data.sources import Sources
from data.wording import as_heard, normal, number_words

NUMBER_SHARE = 0.3  # of the dialogues, in place of one: of the sentences, 4 %
LONGEST = 200
_SPOKEN = Style(heard=True, noise=0.0)
_ORDINALS = {
    "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth",
    "twelve": "twelfth",
}  # fmt: skip
_NUMBER = re.compile(r"(\d+)(st|nd|rd|th)?(?=\b|[a-z])")


def sentences(count: int, sources: Sources, seed: str = "spoken requests") -> Iterator[str]:
    """`count` sentences in lower case, numbers in words; the same for the same seed."""
    rng = Random(seed)
    people = People.load(sources)
    told = 0
    while told < count:
        said = [_numbers(rng)] if rng.random() < NUMBER_SHARE else _said(rng, people)
        yield from said[: count - told]
        told += len(said)


def _said(rng: Random, people: People) -> list[str]:
    """The user's side of a dialogue."""
    messages = dialogue(rng, 1, people, _SPOKEN).messages
    said = [as_spoken(m["content"]) for m in messages if m["role"] == "user"]
    apart = people.apart.said if people.apart else ()
    return [text for text in said if 0 < len(text) < LONGEST and normal(text) not in apart]


def as_spoken(text: str) -> str:
    """Lower case, no marks, numbers in words.

    >>> as_spoken("Wake me at 7:30am on the 21st, room 1204!")
    'wake me at seven thirty a.m. on the twenty first room one thousand two hundred four'
    """
    text = as_heard(re.sub(r"(?<=\d) ?([ap])\.?m\b\.?", r" \1_m ", text, flags=re.IGNORECASE))
    text = _NUMBER.sub(lambda found: f" {_number(found.group(1), found.group(2))} ", text)
    return " ".join(re.sub(r"\b([ap])_m\b", r"\1.m.", text).split())


def _number(digits: str, ordinal: str | None) -> str:
    if len(digits) > 6:
        return " ".join(number_words(int(digit)) for digit in digits)
    words = number_words(int(digits))
    if not ordinal:
        return words
    *before, last = words.split()
    tenth = last[:-1] + "ieth" if last.endswith("y") else f"{last}th"
    return " ".join([*before, _ORDINALS.get(last, tenth)])


def _numbers(rng: Random) -> str:
    """A number alone, as an answer to how many, which one, or what number."""
    kind = rng.random()
    if kind < 0.4:
        return number_words(rng.randrange(10))
    if kind < 0.6:
        return number_words(rng.randrange(100))
    if kind < 0.7:
        return number_words(rng.randrange(1000))
    digits = [rng.randrange(10) for _ in range(rng.randint(2, 10))]
    zero = rng.choice(("zero", "oh"))
    return " ".join(zero if digit == 0 else number_words(digit) for digit in digits)
