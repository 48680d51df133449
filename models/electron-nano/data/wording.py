"""Wordings from small grammars, number words, and text as a speech recogniser gives it."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from random import Random

from .tables import words

_GROUP = re.compile(r"\(([^()\[\]]*)\)|\[([^()\[\]]*)\]")
_ONES = words(
    """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
eighteen nineteen"""
)
_TENS = words("""_ _ twenty thirty forty fifty sixty seventy eighty ninety""")
_TWO_WORDS = re.compile(rf"\b({'|'.join(_TENS[2:])}) ({'|'.join(_ONES[1:10])})\b", re.IGNORECASE)


@cache
def _misheard() -> dict[str, list[str]]:
    """Phrases, and what a recogniser hears for them."""
    text = Path(__file__).with_name("misheard.txt").read_text(encoding="utf-8")
    lines = (line.split("|") for line in text.splitlines() if not line.startswith("#"))
    return {phrase: others for phrase, *others in lines}


def expand(grammar: str, rng: Random) -> str:
    """One sentence of a grammar: `(a|b)` chooses, `[a|b]` chooses or leaves out, `{slot}` stays."""
    while match := _GROUP.search(grammar):
        choice, option = match.groups()
        if choice is not None:
            chosen = rng.choice(choice.split("|"))
        else:
            chosen = rng.choice(option.split("|")) if rng.random() < 0.5 else ""
        grammar = grammar[: match.start()] + chosen + grammar[match.end() :]
    return re.sub(r"\s+", " ", grammar).strip()


_BEFORE = words(
    """do me a favor and|it would be great if you could|i was wondering if you could|is it possible to|well|listen
actually|be so kind and|i think you should|you know|if you can|next|now|alright|good|right|i said|quickly|so|yes|oh"""
)
_AFTER = words(
    """if that's okay|if possible|when you can|as soon as possible|would you|thank you|soon|for us|okay|if you can"""
)


def embellished(sentence: str, rng: Random) -> str:
    """`sentence` with a phrase before or after it that changes nothing."""
    if rng.random() < 0.6:
        return f"{rng.choice(_BEFORE)} {sentence}"
    return f"{sentence} {rng.choice(_AFTER)}"


def number_words(n: int) -> str:
    """English words of 0 <= n < 1,000,000, as they are spoken."""
    if n >= 1000:
        return f"{number_words(n // 1000)} thousand" + (f" {number_words(n % 1000)}" if n % 1000 else "")
    if n < 20:
        return _ONES[n]
    if n < 100:
        return _TENS[n // 10] + (f" {_ONES[n % 10]}" if n % 10 else "")
    return f"{_ONES[n // 100]} hundred" + (f" {number_words(n % 100)}" if n % 100 else "")


def misheard(sentence: str, rng: Random) -> str:
    """`sentence` with one or two small recogniser errors outside its `{slots}`."""
    said = sentence.split()
    for _ in range(rng.choice((1, 1, 2))):
        spots = [(i, i + n) for n in (1, 2, 3) for i in range(len(said)) if " ".join(said[i : i + n]) in _misheard()]
        if spots:
            begin, end = rng.choice(spots)
            said[begin:end] = rng.choice(_misheard()[" ".join(said[begin:end])]).split()
        i = rng.randrange(len(said)) if said else 0
        if said and rng.random() < 0.1 and "{" not in said[i]:
            said[i] = f"{said[i]} {rng.choice(('uh', 'the', 'um', 'a', said[i]))}"
    if rng.random() < 0.2:
        said.insert(0, rng.choice(("uh", "um", "and", "the", "oh", "hey", "okay", "so")))
    return re.sub(r"\s+", " ", " ".join(said)).strip()


def as_heard(text: str) -> str:
    """Lower case without punctuation, as a recogniser writes (apostrophes stay)."""
    return re.sub(r"\s+", " ", re.sub(r"[^\w\s']", " ", text.lower())).strip()


def as_written(text: str, rng: Random) -> str:
    """A typed sentence: first letter upper, mostly a closing mark."""
    text = re.sub(r"\bi\b", "I", text)
    question = re.match(r"(what|how|can|could|would|will|is|are|do|does|who|where|when|may)\b", text.lower())
    mark = "?" if question else rng.choice((".", ".", "!", ""))
    return text[:1].upper() + text[1:] + mark


def as_transcribed(text: str, rng: Random) -> str:
    """A sentence as a neural recogniser writes it: as typed, always with a closing mark, "twenty-three"."""
    text = _TWO_WORDS.sub(r"\1-\2", as_written(text, rng))
    return text if text[-1:] in ".?!" else f"{text}{rng.choice('.,')}"


def normal(text: str) -> str:
    """The form in which held-out and training requests are compared."""
    return as_heard(text).replace("'", "")
