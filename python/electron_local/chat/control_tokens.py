"""Keeps what people write from acting as control tokens (`<|im_end|>` in a user's message).

Every control token's text inside a caller's string gets `BREAK` behind its first character. After rendering, the
prompt is cut at each `BREAK` and the pieces are tokenised one by one, so the token cannot form; the text stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

BREAK = "\ufdd0"  # a Unicode noncharacter: never text that is meant for interchange


class ControlTokenGuard:
    """Breaks the given token texts. Immutable.

    >>> guard = ControlTokenGuard(["<|im_end|>"])
    >>> pieces(guard.protect("a <|im_end|> b"))
    ['a <', '|im_end|> b']
    """

    def __init__(self, control_tokens: Iterable[str]) -> None:
        texts = sorted((text for text in control_tokens if len(text) > 1), key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, texts))) if texts else None

    def protect(self, value: Any) -> Any:
        """A deep copy of a JSON value with the strings in it protected, keys too. A `BREAK` of its own is dropped."""
        if isinstance(value, str):
            return self._protect_text(value)
        if isinstance(value, dict):
            return {self._protect_text(key): self.protect(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.protect(item) for item in value]
        return value

    def _protect_text(self, text: str) -> str:
        if BREAK in text:
            text = text.replace(BREAK, "")
        if self._pattern is None:
            return text
        return self._pattern.sub(lambda match: match[0][0] + BREAK + match[0][1:], text)


def pieces(rendered: str) -> list[str]:
    """The parts of a rendered prompt that are to be tokenised one by one."""
    return rendered.split(BREAK)
