"""Finding the keyword for which the grammar library refuses a schema, by compiling parts of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from electron_local.chat.schema_walk import Path, subschemas

Refusal = Callable[[dict[str, Any]], str | None]
"""Compiles a schema; the library's message when it refuses, else None."""

_DEFINITIONS = ("$defs", "definitions", "$schema")
_MOST_TRIALS = 1000
_TOO_MANY = "too large to tell which part cannot be enforced"


def find_refused(schema: dict[str, Any], refusal: Refusal) -> tuple[Path, str]:
    """The innermost keyword, or subschema, that is refused by itself, and the library's words about it.

    The path is empty when only the whole is refused. `schema` itself must be refused.
    """
    trial = _Trial(schema, refusal)
    for path, part in subschemas(schema):
        if trial.refused(part) is None:
            continue
        for key in sorted(part, key=lambda key: key != "type"):
            if key in _DEFINITIONS:
                continue
            kept = {name: part[name] for name in ("type", key) if name in part}
            reason = trial.refused(kept)
            if reason is not None:
                return (*path, key), reason
        return path, trial.refused(part) or _TOO_MANY
    return (), refusal(schema) or _TOO_MANY


class _Trial:
    """Compiles parts beside the root's definitions, until there were too many."""

    def __init__(self, root: dict[str, Any], refusal: Refusal) -> None:
        self._definitions = {key: root[key] for key in _DEFINITIONS if key in root}
        self._refusal = refusal
        self._n_left = _MOST_TRIALS

    def refused(self, part: dict[str, Any]) -> str | None:
        self._n_left -= 1
        if self._n_left < 0:
            return None
        reason = self._refusal({**self._definitions, **part})
        # A reference into the root but past its definitions cannot be tried alone.
        return None if reason is not None and "does not exist" in reason else reason
