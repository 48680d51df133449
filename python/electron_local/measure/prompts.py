"""Prompts of exact lengths that share nothing, and the parameters that make answers of exact lengths."""

from __future__ import annotations

from electron_local.engine import Engine, SamplingParams

_TEXT = (
    "A customer comes to the counter and asks for a large coffee with oat milk and two pieces of cake to take away. "
    "The clerk says that it will take about five minutes, names the price, and asks whether there is anything else. "
)
_STRIDE = 7919  # a prime: neighbouring prompts begin far apart in the vocabulary


class Prompts:
    """Makes prompts for one engine. Each begins with a token of its own, so nothing of it can be cached."""

    def __init__(self, engine: Engine) -> None:
        info = engine.model
        self._text = engine.tokenize(_TEXT)
        self._n_vocab = info.n_vocab
        self._n_made = 0
        self._endless = {token: -100.0 for token in info.end_of_generation}

    def fresh(self, n_tokens: int) -> list[int]:
        """A prompt that no earlier one shares its first token with, as far as the vocabulary goes."""
        self._n_made += 1
        first = self._n_made * _STRIDE % self._n_vocab
        n_copies = n_tokens // len(self._text) + 1
        return [first, *(self._text * n_copies)][:n_tokens]

    def extended(self, prompt: list[int], n_more: int) -> list[int]:
        """`prompt` with `n_more` tokens behind it that were not there before."""
        self._n_made += 1
        first = self._n_made * _STRIDE % self._n_vocab
        return [*prompt, first, *self._text[: n_more - 1]]

    def answer(self, n_tokens: int) -> SamplingParams:
        """An answer of exactly `n_tokens`; drawn, so that it does not go round in circles."""
        return SamplingParams(temperature=1.0, seed=self._n_made, max_tokens=n_tokens, logit_bias=self._endless)
