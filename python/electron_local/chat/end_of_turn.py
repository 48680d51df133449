"""How likely it is that a user has finished, by the model that will answer him.

A chat model has read many turns of users, each closed by the template's end-of-turn token. So the probability that it
gives this token behind the words heard so far says whether they are a whole request, in its own domain. It counts
beside the likeliest word to go on with; all other words together count less than they should: behind misheard words
the model expects nothing in particular, the end little, yet any one word less. Asking also reads those words into the
prefix cache, where the answer needs them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from electron_local.chat.last_words import LastWordsFinder
from electron_local.engine import Engine, SamplingParams

_N_TOP = 20
_REST = 0.2  # what the probability of all words but the likeliest counts; chosen on requests of bench/made_speech.py
_PRIORITY = 1


class EndOfTurnJudge:
    """Asks one engine's model; `tokenize` takes rendered prompts. Any thread may call."""

    def __init__(self, engine: Engine, last_words: LastWordsFinder, tokenize: Callable[[str], list[int]]) -> None:
        self._tokenize = tokenize
        self._engine = engine
        self._last_words = last_words

    def probability(self, messages: Sequence[dict[str, Any]], tools: Sequence[dict[str, Any]] = ()) -> float | None:
        """That the last message is complete, 0.0 to 1.0, as told above.

        0.0 also stands for an end that is less likely than each of 20 other tokens.

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
                return _complete(dict(event.logprobs.top), token)
        return 0.0


def _complete(log_probabilities: dict[int, float], end: int) -> float:
    """The share of `end` beside the likeliest other token and a part of the rest.

    >>> round(_complete({5: math.log(0.2), 7: math.log(0.05), 8: math.log(0.01)}, end=5), 3)
    0.5
    >>> _complete({7: -0.1}, end=5)
    0.0
    """
    ended = math.exp(log_probabilities.get(end, -math.inf))
    goes_on = max((math.exp(p) for token, p in log_probabilities.items() if token != end), default=0.0)
    return ended / (ended + goes_on + _REST * max(0.0, 1.0 - ended - goes_on)) if ended else 0.0
