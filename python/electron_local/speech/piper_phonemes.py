"""Text → IPA with its punctuation, as Piper's voices were trained on it: espeak by clause, the mark behind each."""

from __future__ import annotations

import re
from typing import Protocol

# A clause and the mark that ends it; a mark inside a number or a name does not end one.
_CLAUSE = re.compile(r"(.+?)(?:([,.;:!?、。！？；：，…]+)(?=\s|$)|$)", re.DOTALL)
_MARKS = {"、": ",", "，": ",", "。": ".", "！": "!", "？": "?", "；": ";", "：": ":", "…": "."}


class Phonemizer(Protocol):
    """What is needed of espeak."""

    def phonemes(self, text: str, language: str) -> str:
        """IPA of a text without punctuation."""


def phonemes_of(text: str, phonemizer: Phonemizer, language: str) -> str:
    """The phonemes of a sentence or more.

    >>> class Echo:
    ...     def phonemes(self, text, language):
    ...         return text.lower()
    >>> phonemes_of("Hello, Bob! At 3.5 now", Echo(), "en")
    'hello, bob! at 3.5 now'
    """
    spoken = []
    for match in _CLAUSE.finditer(text):
        clause, marks = match.group(1).strip(), match.group(2) or ""
        said = phonemizer.phonemes(clause, language) if clause else ""
        if said:
            spoken.append(said + _MARKS.get(marks[:1], marks[:1]))
    return " ".join(spoken)
