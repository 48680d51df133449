"""Finding the keyword for which the grammar library refuses a schema, by compiling parts of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from electron_local.chat.schema_walk import Path, subschemas

Refusal = Callable[[dict[str, Any]], str | None]
"""Compiles a schema; the library's message when it refuses, else None."""

_DEFINITIONS = ("$defs", "definitions", "$schema")
_MOST_TRIALS = 250  # of different schemas; each may take 20 ms
_MOST_CHARS = 4_000_000
_TOO_MANY = "too large to tell which part cannot be enforced"


class Budget:
    """Compiles schemas until there were too many, or too many characters in all; from then on refuses them."""

    def __init__(self, refusal: Refusal) -> None:
        self._refusal = refusal
        self._n_trials = _MOST_TRIALS
        self._n_chars = _MOST_CHARS
        self._known: dict[str, str | None] = {}

    @property
    def is_spent(self) -> bool:
        """Nothing more is compiled."""
        return self._n_trials <= 0 or self._n_chars <= 0

    def refused(self, schema: dict[str, Any]) -> str | None:
        """The library's message when it refuses `schema`, else None."""
        text = json.dumps(schema)
        if text in self._known:
            return self._known[text]
        if self.is_spent:
            return _TOO_MANY
        self._n_trials -= 1
        self._n_chars -= len(text)
        self._known[text] = self._refusal(schema)
        return self._known[text]


def find_refused(schema: dict[str, Any], budget: Budget) -> tuple[Path, str]:
    """The innermost keyword, or subschema, that is refused by itself, and the library's words about it.

    The path is empty when only the whole is refused, or the budget is spent. `schema` itself must be refused.
    """
    definitions = {key: schema[key] for key in _DEFINITIONS if key in schema}
    for path, part in subschemas(schema):
        if _refused(part, definitions, budget) is None:
            continue
        for key in sorted(part, key=lambda key: key != "type"):
            if key in _DEFINITIONS:
                continue
            kept = {name: part[name] for name in ("type", key) if name in part}
            reason = _refused(kept, definitions, budget)
            if budget.is_spent:
                return (), _TOO_MANY
            if reason is not None:
                return (*path, key), reason
        return path, _refused(part, definitions, budget) or _TOO_MANY
    return (), budget.refused(schema) or _TOO_MANY


def _refused(part: dict[str, Any], definitions: dict[str, Any], budget: Budget) -> str | None:
    reason = budget.refused({**definitions, **part})
    # A reference into the root but past its definitions cannot be tried alone.
    return None if reason is not None and "does not exist" in reason else reason
