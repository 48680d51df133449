"""Cuts a streaming reply into pieces that can be spoken: sentences, and an early first clause."""

from __future__ import annotations

import re

_LOOK_AHEAD = 8
_SENTENCE_END = re.compile(r"[.!?…]+[\"'”’)\]]{0,3}(?=\s)|[。！？]|(?<=\S)(?=\n)")
_CLAUSE_END = re.compile(r"[,;:—–](?=\s)|[，；：]")
_ABBREVIATION = re.compile(
    r"(?:^|[\s(\"'“‘])(?:[A-Za-z]|(?:[A-Za-z]\.)+[A-Za-z]|mr|mrs|ms|dr|prof|st|sr|jr|no|vs|etc|approx|dept|est|fig|mt|"
    r"inc|ltd|co|corp|gen|col|capt|sgt|rev|hon|ave|blvd|rd|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\.$",
    re.IGNORECASE,
)
_LIST_NUMBER = re.compile(r"^\s*\d+\.$")


class SentenceSplitter:
    """Feed text as it comes, get pieces as soon as they end. The pieces joined are the text, whitespace included.

    The pieces depend on the text alone, not on how it was cut into pushes. Used by one thread.

    Args:
        first_clause_chars: the first piece may end at a comma once it is this long; 0 turns that off.
        max_chars: a longer piece is cut at its last comma or space.

    >>> splitter = SentenceSplitter()
    >>> splitter.push("It is 21.5 degrees, Dr. Lee. Any"), splitter.push("thing else?"), splitter.flush()
    (['It is 21.5 degrees,', ' Dr. Lee.'], [], [' Anything else?'])
    """

    def __init__(self, *, first_clause_chars: int = 16, max_chars: int = 240) -> None:
        self._first_clause_chars = first_clause_chars
        self._max_chars = max_chars
        self._text = ""
        self._is_first = True

    def push(self, text: str) -> list[str]:
        """Take more text; return the pieces that are complete now."""
        self._text += text
        pieces = []
        while (end := self._piece_end()) is not None:
            pieces.append(self._text[:end])
            self._text = self._text[end:]
            self._is_first = False
        return pieces

    def flush(self) -> list[str]:
        """Return the rest, at most one piece, and start anew."""
        rest, self._text, self._is_first = self._text, "", True
        return [rest] if rest else []

    def _piece_end(self) -> int | None:
        ends = [end for end in (self._sentence_end(), self._first_clause_end()) if end is not None]
        if ends and min(ends) <= self._max_chars:
            return min(ends)
        if len(self._text) <= self._max_chars + _LOOK_AHEAD:
            return None
        window = self._text[: self._max_chars]
        clauses = [match.end() for match in _CLAUSE_END.finditer(window)]
        space = window.rstrip().rfind(" ")
        return clauses[-1] if clauses else space if space > 0 else self._max_chars

    def _sentence_end(self) -> int | None:
        for match in _SENTENCE_END.finditer(self._text):
            before = self._text[: match.end()]
            if before.strip() and not _ABBREVIATION.search(before) and not _LIST_NUMBER.search(before):
                return match.end()
        return None

    def _first_clause_end(self) -> int | None:
        if not self._is_first or not self._first_clause_chars:
            return None
        ends = (match.end() for match in _CLAUSE_END.finditer(self._text))
        return next((end for end in ends if end >= self._first_clause_chars), None)
