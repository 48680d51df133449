"""Exchange the words that a document copies for any tokens, so that copying is learned for all of the vocabulary.

A value that stands in a request and again in the call made for it is replaced in both places by the same tokens, drawn
alike from the whole vocabulary. A token that training never asks for would otherwise be pushed away from every answer,
and the model could not say it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
from tokenizers import Tokenizer

from data.word_table import PLAIN
from tokenizer import base_of_spaced

Json = dict[str, Any]
DOCUMENT_SHARE, WORD_SHARE = 0.4, 0.8


def _texts(value: Any) -> Iterator[str]:
    """All strings within a JSON value."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, str):
        yield value


def copied_values(messages: list[Json], others: list[str]) -> list[str]:
    """What the assistant copies: arguments of its calls, values of tool results, and `others`."""
    values = list(others)
    for message in messages:
        values += [t for call in message.get("tool_calls", ()) for t in _texts(call["function"]["arguments"])]
        if message["role"] == "tool":
            values += _texts(json.loads(message["content"]))
    return values


class Exchange:
    """Exchanges tokens of one tokenizer."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.tokenizer = tokenizer
        self.base = np.array(base_of_spaced(tokenizer), dtype=np.int64)
        spaced = np.flatnonzero(self.base != np.arange(len(self.base)))
        self.spaced = dict(zip(self.base[spaced].tolist(), spaced.tolist(), strict=True))
        self.words = np.array(sorted(self.spaced))
        self.plain = self._bases(PLAIN)

    def _bases(self, texts: list[str] | frozenset[str]) -> set[int]:
        """Tokens of `texts` that are letters, without the spaces before them."""
        encoded = self.tokenizer.encode_batch(sorted(texts))
        return {b for e in encoded for b in self.base[e.ids].tolist() if b in self.spaced}

    def __call__(
        self, rng: np.random.Generator, ids: np.ndarray, weights: np.ndarray, values: list[str], kept: str
    ) -> np.ndarray:
        """`ids` with some of the tokens of `values` exchanged; those of the text `kept`, the tools, stay."""
        said = weights == 1
        bases = self.base[ids]
        both = set(bases[said].tolist()) & set(bases[~said].tolist())
        open_ones = sorted((both & self._bases(values)) - self._bases([kept]) - self.plain)
        chosen = [b for b in open_ones if rng.random() < WORD_SHARE]
        exchanged = ids.copy()
        for old, new in zip(chosen, rng.choice(self.words, len(chosen), replace=False).tolist(), strict=True):
            exchanged[ids == old] = new
            exchanged[ids == self.spaced[old]] = self.spaced[new]
        return exchanged
