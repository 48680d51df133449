"""Where the words of a conversation's last message end in its prompt, and the token that closes them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from electron_local.chat.template import ChatTemplate
from electron_local.engine import Engine

_N_PLACES = 8


@dataclass(frozen=True)
class LastWords:
    """`head` and `text` together are the prompt up to the end of the last message; `end` is the token behind it."""

    head: str
    text: str
    end: int


class LastWordsFinder:
    """Renders for one engine's model. Any thread may call."""

    def __init__(self, engine: Engine, template: ChatTemplate) -> None:
        self._engine = engine
        self._template = template
        self._control = frozenset(engine.model.control_tokens)
        self._end_token = lru_cache(maxsize=8)(self._find_end_token)

    def find(self, messages: Sequence[dict[str, Any]], tools: Sequence[dict[str, Any]] = ()) -> LastWords | None:
        """None where the template does not close the message with a control token, or changes its text."""
        rendered = self._template.render(messages, tools, add_generation_prompt=False)
        text = str(messages[-1].get("content") or "").strip()
        for end in _last_ends(rendered, text) if text else ():
            token = self._end_token(rendered[end:])
            if token is not None:
                return LastWords(rendered[: end - len(text)], text, token)
        return None

    def _find_end_token(self, rest: str) -> int | None:
        tokens = self._engine.tokenize(rest.lstrip())
        if not tokens or self._engine.token_bytes(tokens[0]).decode(errors="replace") not in self._control:
            return None
        return tokens[0]


def _last_ends(rendered: str, text: str) -> Iterator[int]:
    """Where `text` ends in `rendered`, the last place first: a short one may stand in the name of the token, too.

    >>> list(_last_ends("say i<|im_end|>", "i"))
    [8, 5]
    """
    end = len(rendered)
    for _ in range(_N_PLACES):
        start = rendered.rfind(text, 0, end)
        if start < 0:
            return
        yield start + len(text)
        end = start + len(text) - 1
