"""How likely a model answers with a call: the probability that its answer begins with a call's marker."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from electron_local.chat.filler import asks_for_filler
from electron_local.chat.next_tokens import NextTokens
from electron_local.chat.template import ChatTemplate
from electron_local.engine import Engine


class CallProspect:
    """Asks one engine's model; `tokenize` takes rendered prompts. Any thread may call."""

    def __init__(self, engine: Engine, template: ChatTemplate, tokenize: Callable[[str], list[int]]) -> None:
        self._engine = engine
        self._template = template
        self._tokenize = tokenize
        marker = engine.tokenize(template.forms.tool_format.marker)
        self._marker = marker[0] if len(marker) == 1 else None

    def probability(self, messages: Sequence[dict[str, Any]], tools: Sequence[dict[str, Any]]) -> float | None:
        """Of a call as the first of the answer.

        None where that says nothing: without tools, where the answer begins with thoughts or with a filler phrase, and
        where the marker is more than one token.
        """
        reasoning = self._template.forms.reasoning
        if self._marker is None or not tools or asks_for_filler(messages):
            return None
        prompt = self._template.render(messages, tools)
        if reasoning is not None and not prompt.rstrip().endswith(reasoning.close):
            return None
        asked = NextTokens(self._engine, end=None, n_most=1)
        log_probability = asked.log_probability(tuple(self._tokenize(prompt)), self._marker)
        return None if log_probability is None else math.exp(log_probability)
