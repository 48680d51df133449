"""Token ids of rendered prompts, with only the parts tokenised that were not seen before.

A tokeniser finds special tokens in the text first and tokenises what lies between them piece by piece. So a text may
be cut before a special token, and the parts' tokens are those of the whole: each part is looked up by itself.
"""

from __future__ import annotations

import re
import threading
from array import array
from collections.abc import Callable, Iterable

from electron_local.chat.control_tokens import pieces

MAX_CHARS = 400_000
_MAX_PART_CHARS = 20_000
_MAX_PARTS = 1000  # a short one takes some 400 bytes beside its characters


class PromptTokens:
    """Tokenises prompts of one model; remembers the newest parts, at most 1,000 and `max_chars` characters in
    all. Any thread.

    `tokenize` turns control tokens that are written out into single tokens. `borders` are the special tokens before
    which a text may be cut (see `find_borders`).

    >>> tokens = PromptTokens(lambda text: list(text.encode()), ["<s>"])
    >>> tokens.of("<s>a<s>b") == list(b"<s>a<s>b")
    True
    """

    def __init__(
        self, tokenize: Callable[[str], list[int]], borders: Iterable[str], *, max_chars: int = MAX_CHARS
    ) -> None:
        texts = list(borders)
        self._tokenize = tokenize
        self._cut = re.compile("(?=" + "|".join(map(re.escape, texts)) + ")") if texts else None
        self._kept: dict[str, array[int]] = {}
        self._n_chars = 0
        self._max_chars = max_chars
        self._lock = threading.Lock()

    def of(self, rendered: str) -> list[int]:
        """The tokens of a rendered prompt; it is cut at each `control_tokens.BREAK`."""
        tokens: list[int] = []
        for piece in pieces(rendered):
            for part in self._cut.split(piece) if self._cut else (piece,):
                if part:
                    tokens.extend(self._kept.get(part) or self._read(part))
        return tokens

    def _read(self, part: str) -> list[int]:
        tokens = self._tokenize(part)
        if len(part) <= _MAX_PART_CHARS:
            with self._lock:
                self._keep(part, array("i", tokens))
        return tokens

    def _keep(self, part: str, tokens: array[int]) -> None:
        if part not in self._kept:
            self._kept[part] = tokens
            self._n_chars += len(part)
        while self._n_chars > self._max_chars or len(self._kept) > _MAX_PARTS:
            oldest = next(iter(self._kept))
            del self._kept[oldest]
            self._n_chars -= len(oldest)


def find_borders(
    candidates: Iterable[str], special: Iterable[str], left_stripping: Iterable[str] = ()
) -> tuple[str, ...]:
    """Those of `candidates` before which any text may be cut without changing its tokens.

    `special`: all texts that are single tokens wherever they stand, longer ones first; `left_stripping`: those that
    take the blanks before them. A candidate that another one could overlap, or that takes blanks itself, is none.

    >>> find_borders(["<a>", "<b>", "<c>"], ["<a>", "<b>", "<c>", "x<b"], ["<c>"])
    ('<a>',)
    """
    takes_blanks = set(left_stripping)
    listed = "\0" + "\0".join(dict.fromkeys(special)) + "\0"
    return tuple(
        text
        for text in dict.fromkeys(candidates)
        if len(text) > 1 and text == text.strip() and text not in takes_blanks and not _may_overlap(text, listed)
    )


def _may_overlap(text: str, listed: str) -> bool:
    """Whether a special token, or a part at its end or start, could take characters of an occurrence of `text`."""
    if listed.count(text) > 1:
        return True
    return any(text[:n] + "\0" in listed or "\0" + text[-n:] in listed for n in range(1, len(text)))
