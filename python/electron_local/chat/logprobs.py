"""Log-probabilities of tokens in the API's shape."""

from __future__ import annotations

from typing import Any

from electron_local.chat.types import ChatCompletionTokenLogprob, TopLogprob
from electron_local.engine import Engine


class Logprobs:
    """Turns the engine's token events into records: ids become text and bytes."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def of(self, event: Any) -> ChatCompletionTokenLogprob:
        """The record of an event that carries log-probabilities."""
        text, raw = self._written(event.token)
        top = [TopLogprob(*self._with(token, logprob)) for token, logprob in event.logprobs.top]
        return ChatCompletionTokenLogprob(text, event.logprobs.logprob, raw, top)

    def _with(self, token: int, logprob: float) -> tuple[str, float, list[int]]:
        text, raw = self._written(token)
        return text, logprob, raw

    def _written(self, token: int) -> tuple[str, list[int]]:
        raw = self._engine.token_bytes(token)
        return raw.decode("utf-8", errors="replace"), list(raw)
