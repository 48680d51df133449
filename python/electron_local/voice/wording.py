"""What the words of a transcript say about the turn: a backchannel, an unfinished sentence."""

from __future__ import annotations

import re
from collections.abc import Collection

BACKCHANNELS = frozenset(
    {"ah", "aha", "hm", "hmm", "huh", "mhm", "mm", "mmm", "oh", "ok", "okay", "right", "sure", "uh", "um", "yeah"}
    | {"yep", "yup"}
)

_ARTICLES = {"a", "an", "my", "our", "the", "this", "your"}
_CONJUNCTIONS = {"and", "because", "but", "if", "or", "so", "than", "then", "what", "when", "where", "which", "who"}
_PREPOSITIONS = {"as", "at", "by", "for", "from", "in", "into", "like", "of", "on", "to", "with"}
_VERBS = {"are", "i", "is", "it's", "was", "would"}
_FILLERS = {"uh", "um"}
_CONTINUING = _ARTICLES | _CONJUNCTIONS | _PREPOSITIONS | _VERBS | _FILLERS

_REPEATS, _REPEATED_CHARS = 8, range(3, 41)
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?")


def words(text: str) -> list[str]:
    """The words of `text` in lower case, without punctuation.

    >>> words("Uh-huh, it's OK.")
    ['uh', 'huh', "it's", 'ok']
    """
    return _WORD.findall(text.lower())


def has_content(text: str, backchannels: Collection[str] = BACKCHANNELS) -> bool:
    """Whether `text` has a word that is more than a backchannel.

    >>> has_content("yeah, ok"), has_content("yeah, but stop"), has_content("")
    (False, True, False)
    """
    return any(word not in backchannels for word in words(text))


def sounds_finished(text: str) -> bool:
    """Whether a partial transcript could be a whole request: it has words, and the last one asks for no other.

    >>> sounds_finished("play some jazz"), sounds_finished("play the"), sounds_finished("")
    (True, False, False)
    """
    heard = words(text)
    return bool(heard) and heard[-1] not in _CONTINUING


def runs_away(text: str) -> bool:
    """Whether `text` ends with the same 3 to 40 characters eight times over: its writer will not end by itself.

    >>> runs_away("It is sunny in " + "then" * 8), runs_away("1000000000"), runs_away("no, no, no.")
    (True, False, False)
    """
    return any(text.endswith(text[-n:] * _REPEATS) for n in _REPEATED_CHARS if n * _REPEATS <= len(text))
