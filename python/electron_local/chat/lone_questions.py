"""When each of several ways is asked about alone, and what that may cost; else what was read together decides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from electron_local.alternatives import Way

# Chosen for the bundled model, on other draws of its evaluation's tools and facts than that makes.
DOUBT = 0.98
WEIGHT = 20.0  # in doubt the answers decide, and what was read together only where they are alike

MOST_WAYS = 24  # each is a question
_MOST_CHARS = 300  # of the user's message, which every question holds: what one says aloud in half a minute
_MOST_TOKENS = 2048  # of all questions, where the cache has none of them


def is_short(message: dict[str, Any]) -> bool:
    """Whether the message may stand in every question."""
    return len(str(message.get("content") or "")) <= _MOST_CHARS


def are_affordable(ways: Sequence[Way], n_ctx: int) -> bool:
    """Whether the questions are few enough tokens, and each fits the context with its answer."""
    lengths = [len(way.question) for way in ways]
    return sum(lengths) <= _MOST_TOKENS and max(lengths, default=0) < n_ctx
