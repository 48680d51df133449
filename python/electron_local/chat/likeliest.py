"""Which of several texts the last message says, by the model that will answer it.

A recogniser hears several texts that sound alike; the model knows what is said in this conversation, to these tools.
The likeliest text has the largest sum of its prior (a logarithm) and of the log-probabilities of its tokens and of the
end of the message.

The search is best-first over the texts' tokens: what has become unlikely is not read to its end. The first text is
read before the others. Where another one ends with the same tokens, only the first two of them are read again: further
back they are taken to be as likely as in the first. That, and what unread tokens are expected to cost, may miss the
likeliest text, but halves the evaluations.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from electron_local.chat.last_words import LastWordsFinder
from electron_local.chat.next_tokens import NextTokens, Tokens
from electron_local.engine import Engine
from electron_local.errors import InvalidArgumentError

_N_READ_AGAIN = 2
_EXPECTED = -2.0  # of a token that has not been read
_EXPECTED_AGAIN = -1.0  # of one to be read again, at least


@dataclass(frozen=True)
class Likeliest:
    """`index` of the likeliest text, and how often the model was evaluated to find it."""

    index: int
    n_evaluated: int


class LikeliestFinder:
    """Asks one engine's model; `tokenize` takes rendered prompts. Any thread may call."""

    def __init__(self, engine: Engine, last_words: LastWordsFinder, tokenize: Callable[[str], list[int]]) -> None:
        self._engine = engine
        self._last_words = last_words
        self._tokenize = tokenize

    def find(
        self,
        messages: Sequence[dict[str, Any]],
        tools: Sequence[dict[str, Any]],
        texts: Sequence[str],
        priors: Sequence[float],
        n_most: int,
    ) -> Likeliest | None:
        """Which of `texts` stands in the place of the last message, which has one of them.

        Where `n_most` evaluations do not suffice, the first text stays. None where the template does not close the
        message with a control token, or changes its text. Raises InvalidArgumentError for no text, a blank one, or
        another number of priors.
        """
        if not texts or len(texts) != len(priors):
            raise InvalidArgumentError(f"each text needs a prior, got {len(texts)} texts and {len(priors)} priors")
        if not all(text.strip() for text in texts):
            raise InvalidArgumentError("texts must not be blank")
        last = self._last_words.find(messages, tools)
        if last is None:
            return None
        next_tokens = NextTokens(self._engine, last.end, n_most)
        paths = [(*self._tokenize(last.head + text.strip()), last.end) for text in texts]
        return Likeliest(_search(paths, priors, next_tokens), next_tokens.n_evaluated)


@dataclass(frozen=True)
class _Path:
    """A text's tokens [start, stop) are read; `expected` of each token from `start` on, also of those behind `stop`."""

    tokens: Tokens
    start: int
    stop: int
    expected: list[float]


def _search(paths: Sequence[Tokens], priors: Sequence[float], next_tokens: NextTokens) -> int:
    """The index of the likeliest path; 0 when `next_tokens` gives up."""
    start, first = _n_shared(paths), paths[0]
    known = next_tokens.along(first, start)
    if known is None:
        return 0
    plans = [_Path(first, start, start, known), *(_plan(tokens, first, start, known) for tokens in paths[1:])]
    heap = [
        (-prior - sum(plan.expected), index, start)
        for index, (plan, prior) in enumerate(zip(plans, priors, strict=True))
    ]
    heapq.heapify(heap)
    while True:
        cost, index, n = heap[0]
        plan = plans[index]
        if n == plan.stop:
            return index
        log_probability = next_tokens.log_probability(plan.tokens[:n], plan.tokens[n])
        if log_probability is None:
            return 0
        heapq.heapreplace(heap, (cost + plan.expected[n - start] - log_probability, index, n + 1))


def _plan(tokens: Tokens, first: Tokens, start: int, known: list[float]) -> _Path:
    """`known`: the log-probabilities of `first` from `start` on."""
    n_same = min(_n_shared([tokens[: start - 1 : -1], first[: start - 1 : -1]]), len(known))
    same = known[len(known) - n_same :]
    again = [max(each, _EXPECTED_AGAIN) for each in same[:_N_READ_AGAIN]]
    n_other = len(tokens) - start - n_same
    expected = [_EXPECTED] * n_other + again + same[_N_READ_AGAIN:]
    return _Path(tokens, start, start + n_other + len(again), expected)


def _n_shared(paths: Sequence[Tokens]) -> int:
    """How many tokens all paths begin with."""
    one, other = min(paths), max(paths)
    return next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
