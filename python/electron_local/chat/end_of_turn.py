"""How likely it is that a user has finished, by the model that will answer him.

A chat model has read many turns of users, each closed by the template's end-of-turn token. So the probability that it
gives this token behind the words heard so far says whether they are a whole request, in its own domain. Asking also
reads those words into the prefix cache, where the answer needs them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from electron_local.chat.last_words import LastWordsFinder
from electron_local.engine import Engine, SamplingParams

_N_TOP = 20
_PRIORITY = 1


class EndOfTurnJudge:
    """Asks one engine's model; `tokenize` takes rendered prompts. Any thread may call."""

    def __init__(self, engine: Engine, last_words: LastWordsFinder, tokenize: Callable[[str], list[int]]) -> None:
        self._tokenize = tokenize
        self._engine = engine
        self._last_words = last_words

    def probability(self, messages: Sequence[dict[str, Any]], tools: Sequence[dict[str, Any]] = ()) -> float | None:
        """That the last message is complete, 0.0 to 1.0; 0.0 also stands for less than each of 20 other tokens.

        None where the template does not close the message with a control token, or changes its text.
        """
        last = self._last_words.find(messages, tools)
        return None if last is None else self._ask(self._tokenize(last.head + last.text), last.end)

    def _ask(self, prompt: Sequence[int], token: int) -> float:
        # The token may end a generation, which would then have no event to carry it: another one is drawn instead.
        params = SamplingParams(
            temperature=0.0, max_tokens=1, logprobs=True, top_logprobs=_N_TOP, logit_bias={token: -100.0}
        )
        for event in self._engine.submit(prompt, params, priority=_PRIORITY):
            if event.logprobs is not None:
                return math.exp(dict(event.logprobs.top).get(token, -math.inf))
        return 0.0
