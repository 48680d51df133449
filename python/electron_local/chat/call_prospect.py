"""How likely a model answers with a call: the probability that its answer begins with a call's marker."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from electron_local.chat.filler import asks_for_filler
from electron_local.chat.template import ChatTemplate
from electron_local.engine import Engine, SamplingParams

_N_TOP = 20
_PRIORITY = 1


class CallProspect:
    """Asks one engine's model; `tokenize` takes rendered prompts. Any thread may call."""

    def __init__(self, engine: Engine, template: ChatTemplate, tokenize: Callable[[str], list[int]]) -> None:
        self._engine = engine
        self._template = template
        self._tokenize = tokenize
        marker = engine.tokenize(template.forms.tool_format.marker)
        self._marker = marker[0] if len(marker) == 1 else None

    def probability(self, messages: Sequence[dict[str, Any]], tools: Sequence[dict[str, Any]]) -> float | None:
        """Of a call as the first of the answer; 0.0 also where 20 other tokens are likelier.

        None where that says nothing: without tools, where the answer begins with thoughts or with a filler phrase, and
        where the marker is more than one token.
        """
        reasoning = self._template.forms.reasoning
        if self._marker is None or not tools or asks_for_filler(messages):
            return None
        prompt = self._template.render(messages, tools)
        if reasoning is not None and not prompt.rstrip().endswith(reasoning.close):
            return None
        params = SamplingParams(temperature=0.0, max_tokens=1, logprobs=True, top_logprobs=_N_TOP)
        for event in self._engine.submit(self._tokenize(prompt), params, priority=_PRIORITY):
            if event.logprobs is not None:
                return math.exp(dict(event.logprobs.top).get(self._marker, -math.inf))
        return 0.0
