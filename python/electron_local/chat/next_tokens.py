"""How likely a model finds given tokens behind given prompts, one evaluation a prompt."""

from __future__ import annotations

from collections.abc import Sequence

from electron_local.engine import Engine, SamplingParams

_N_TOP = 20
_PRIORITY = 1
_MOST_BIAS = 100.0

Tokens = tuple[int, ...]


class NextTokens:
    """Asks `engine` at most `n_most` times; `end` is the one token asked about that may end a generation. One thread.

    A prompt's evaluation tells of its 20 likeliest tokens and of the one asked about. A prompt that goes on from one
    before it finds that in the prefix cache: its evaluation is one token.
    """

    def __init__(self, engine: Engine, end: int | None, n_most: int) -> None:
        self.n_evaluated = 0
        self._engine = engine
        self._end = end
        self._n_most = n_most
        self._known: dict[Tokens, dict[int, float]] = {}

    def log_probability(self, prompt: Tokens, token: int) -> float | None:
        """Of `token` behind `prompt`; of an unlikely end, that of the 20th likeliest token. None: asked too often."""
        known = self._known.setdefault(prompt, {})
        if token not in known:
            if self.n_evaluated >= self._n_most:
                return None
            self.n_evaluated += 1
            self._ask(prompt, token, known)
        return known.setdefault(token, min(known.values(), default=-_MOST_BIAS))

    def along(self, path: Tokens, start: int) -> list[float] | None:
        """Of the tokens of `path` from `start` on, each behind those before it. None: asked too often."""
        found = []
        for n in range(start, len(path)):
            log_probability = self.log_probability(path[:n], path[n])
            if log_probability is None:
                return None
            found.append(log_probability)
        return found

    def _ask(self, prompt: Sequence[int], token: int, known: dict[int, float]) -> None:
        # An end would have no event to carry it: another token is drawn instead, and the end is among the likeliest.
        bias = -_MOST_BIAS if token == self._end else _MOST_BIAS
        params = SamplingParams(
            temperature=0.0, max_tokens=1, logprobs=True, top_logprobs=_N_TOP, logit_bias={token: bias}
        )
        for event in self._engine.submit(prompt, params, priority=_PRIORITY):
            if event.logprobs is not None:
                known.update(event.logprobs.top)
                known.setdefault(event.token, event.logprobs.logprob)
