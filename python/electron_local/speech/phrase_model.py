"""Phrases to expect → a language model in ARPA's format, to be mixed with a large one.

Bigrams with absolute discounting. Source: Ney, Essen and Kneser, On structuring probabilistic dependences, 1994.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence

from electron_local.errors import InvalidArgumentError

_DISCOUNT = 0.5
_BEGIN, _END = "<s>", "</s>"
_NOT_WORDS = re.compile(r"[^\w'\s]+")


def words_of_phrase(phrase: str) -> list[str]:
    """The words of a phrase in lower case, without its punctuation.

    >>> words_of_phrase("Open the sun-roof, please!")
    ['open', 'the', 'sun', 'roof', 'please']
    """
    return _NOT_WORDS.sub(" ", phrase.lower()).split()


def phrase_model(phrases: Sequence[str], dictionary: Collection[str]) -> str:
    """The model's text. Raises InvalidArgumentError for no phrase, and for words that the dictionary lacks.

    >>> phrase_model(["hello there"], {"hello", "there"}).splitlines()[2:4]
    ['ngram 1=4', 'ngram 2=3']
    """
    sentences = [words_of_phrase(phrase) for phrase in phrases]
    if not any(sentences):
        raise InvalidArgumentError("phrases must hold at least one word")
    unknown = sorted({word for words in sentences for word in words} - set(dictionary))
    if unknown:
        raise InvalidArgumentError(
            f"the dictionary lacks {', '.join(unknown[:20])}: leave those words out of the phrases"
        )
    unigrams: Counter[str] = Counter()
    followers: dict[str, Counter[str]] = defaultdict(Counter)
    for words in filter(None, sentences):
        unigrams.update([*words, _END])
        for before, after in zip([_BEGIN, *words], [*words, _END], strict=True):
            followers[before][after] += 1
    return _arpa(unigrams, followers)


def _arpa(unigrams: Counter[str], followers: dict[str, Counter[str]]) -> str:
    total = sum(unigrams.values())
    lines = [f"-99\t{_BEGIN}\t{_backoff(followers[_BEGIN], unigrams):.4f}"]
    for word, n in sorted(unigrams.items()):
        tail = "" if word == _END else f"\t{_backoff(followers[word], unigrams):.4f}"
        lines.append(f"{math.log10(n / total):.4f}\t{word}{tail}")
    pairs = [
        f"{math.log10((n - _DISCOUNT) / sum(after.values())):.4f}\t{before} {word}"
        for before, after in sorted(followers.items())
        for word, n in sorted(after.items())
    ]
    head = ["", "\\data\\", f"ngram 1={len(lines)}", f"ngram 2={len(pairs)}"]
    return "\n".join([*head, "", "\\1-grams:", *lines, "", "\\2-grams:", *pairs, "", "\\end\\", ""])


def _backoff(after: Counter[str], unigrams: Counter[str]) -> float:
    """log10 of the weight of the unigrams behind a word that has followers."""
    left = _DISCOUNT * len(after) / sum(after.values())
    unseen = 1.0 - sum(unigrams[word] for word in after) / sum(unigrams.values())
    return math.log10(max(left, 1e-6) / max(unseen, 1e-3))
