"""How likely it is that a user has finished, by the model that will answer him.

A chat model has read many turns of users, each closed by the template's end-of-turn token. So the probability that it
gives this token behind the words heard so far says whether they are a whole request, in its own domain. It counts
beside the likeliest word to go on with; all other words together count less than they should: behind misheard words
the model expects nothing in particular, the end little, yet any one word less. Where the session offers tools, the
model is also asked whether it would call one now: what it would act on is a whole request more often than what it would
ask about. Asking also reads those words into the prefix cache, where the answer needs them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from electron_local.chat.call_prospect import CallProspect
from electron_local.chat.filler import asks_for_filler
from electron_local.chat.last_words import LastWordsFinder
from electron_local.engine import Engine, SamplingParams

_N_TOP = 20
_REST = 0.2  # what the probability of all words but the likeliest counts; chosen on requests of bench/made_speech.py
_CALL = 2.0  # a call in prospect adds half of it to the log-odds of the end, none takes half; chosen on the same
_PRIORITY = 1


class EndOfTurnJudge:
    """Asks one engine's model; `tokenize` takes rendered prompts. Any thread may call."""

    def __init__(
        self,
        engine: Engine,
        last_words: LastWordsFinder,
        calls: CallProspect,
        tokenize: Callable[[str], list[int]],
    ) -> None:
        self._tokenize = tokenize
        self._engine = engine
        self._last_words = last_words
        self._calls = calls

    def probability(self, messages: Sequence[dict[str, Any]], tools: Sequence[dict[str, Any]] = ()) -> float | None:
        """That the last message is complete, 0.0 to 1.0, as told above.

        0.0 also stands for an end that is less likely than each of 20 other tokens.

        None where the template does not close the message with a control token, or changes its text.
        """
        last = self._last_words.find(messages, tools)
        if last is None:
            return None
        ended = self._ask(self._tokenize(last.head + last.text), last.end)
        return _with_call(ended, self._prospect(messages, tools)) if ended else ended

    def _prospect(self, messages: Sequence[dict[str, Any]], tools: Sequence[dict[str, Any]]) -> float | None:
        """Of a call. Where the answer begins with a filler phrase, which tells nothing, a call is taken for granted:
        so many whole requests are then as surely ended as in a session without fillers, and as few broken ones.
        """
        return 1.0 if tools and asks_for_filler(messages) else self._calls.probability(messages, tools)

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


def _with_call(ended: float, call: float | None) -> float:
    """`ended` with the probability of a call weighed in; None: not known.

    >>> [round(_with_call(0.5, call), 2) for call in (None, 0.0, 0.5, 1.0)]
    [0.5, 0.27, 0.5, 0.73]
    """
    odds = 1.0 if call is None else math.exp(_CALL * (call - 0.5))
    return ended * odds / (ended * odds + 1.0 - ended)
