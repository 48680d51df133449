"""Bounds of numbers that the grammar library gets wrong (1.9.1): an open one, where both lie close together, lets the
bound itself pass."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Bounds = dict[str, float]

_OPEN = {"exclusiveMinimum": "minimum", "exclusiveMaximum": "maximum"}
_STEP = 1e-6


def closed_bounds(schema: Mapping[str, Any]) -> Bounds:
    """Closed bounds just inside those of `schema`, which leave out a millionth of what it allows; empty where its own
    are enforced.

    >>> closed_bounds({"type": "number", "exclusiveMinimum": 0, "maximum": 0.5})
    {'minimum': 5e-07, 'maximum': 0.5}
    >>> closed_bounds({"type": "number", "exclusiveMinimum": 0, "maximum": 5})
    {}
    """
    given = {key: schema[key] for key in (*_OPEN, *_OPEN.values()) if _is_number(schema.get(key))}
    if not _may_be_fraction(schema) or not any(key in given for key in _OPEN):
        return {}
    lows = [(given[key], key in _OPEN) for key in ("minimum", "exclusiveMinimum") if key in given]
    highs = [(-given[key], key in _OPEN) for key in ("maximum", "exclusiveMaximum") if key in given]
    if not lows or not highs:
        return {}
    (low, low_is_open), (minus_high, high_is_open) = max(lows), max(highs)
    width = -minus_high - low
    if not 0 < width <= 1:
        return {}
    return {
        "minimum": low + _STEP * width if low_is_open else low,
        "maximum": -minus_high - _STEP * width if high_is_open else -minus_high,
    }


def is_bound(key: str) -> bool:
    """Whether a keyword bounds numbers."""
    return key in _OPEN or key in _OPEN.values()


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _may_be_fraction(schema: Mapping[str, Any]) -> bool:
    types = schema.get("type", "number")
    return types == "number" or (isinstance(types, list) and "number" in types)
