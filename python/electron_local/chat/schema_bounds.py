"""Bounds of numbers that the grammar library (1.9.1) gets wrong, an open one whose other lies close, or cannot follow,
those of a large `multipleOf`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from electron_local.chat.schema_keywords import is_number
from electron_local.chat.schema_walk import may_be

Bounds = dict[str, float]

_OPEN = {"exclusiveMinimum": "minimum", "exclusiveMaximum": "maximum"}
_STEP = 1e-6
_MOST_REMAINDERS = 80_000  # times the digits of a bound
_LARGEST = 1e300
_MOST_EXACT = 2**53  # to which floats hold integers


def closed_bounds(schema: Mapping[str, Any]) -> Bounds:
    """Closed bounds just inside those of `schema`, which leave out a millionth of what it allows; empty where its own
    are enforced.

    >>> closed_bounds({"type": "number", "exclusiveMinimum": 0, "maximum": 0.5})
    {'minimum': 5e-07, 'maximum': 0.5}
    >>> closed_bounds({"type": "number", "exclusiveMinimum": 0, "maximum": 5})
    {}
    """
    given = {key: schema[key] for key in (*_OPEN, *_OPEN.values()) if is_number(schema.get(key))}
    if not may_be(schema, "number") or not any(key in given for key in _OPEN):
        return {}
    try:
        return _inside(given)
    except OverflowError:  # beyond floats
        return {}


def _inside(given: Bounds) -> Bounds:
    lows = [(given[key], key in _OPEN) for key in ("minimum", "exclusiveMinimum") if key in given]
    highs = [(-given[key], key in _OPEN) for key in ("maximum", "exclusiveMaximum") if key in given]
    if not lows or not highs:
        return {}
    (low, low_is_open), (minus_high, high_is_open) = max(lows), max(highs)
    high = -minus_high
    step = _STEP * (high - low)
    if not 0 < high - low <= 1 or max(abs(low), abs(high)) > _MOST_EXACT:
        return {}
    if low_is_open:
        low = max(low + step, math.nextafter(low, math.inf))
    if high_is_open:
        high = min(high - step, math.nextafter(high, -math.inf))
    return {"minimum": low, "maximum": high} if low <= high else {}


def is_bound(key: str, value: Any) -> bool:
    """Whether a keyword bounds numbers."""
    return (key in _OPEN or key in _OPEN.values()) and is_number(value)


def has_too_many_remainders(schema: Mapping[str, Any]) -> bool:
    """Whether the library, which follows the remainder and the digits of a bound together, would give up on them in the
    middle of an answer.

    >>> has_too_many_remainders({"multipleOf": 86400, "minimum": 0, "maximum": 10**9})
    True
    >>> has_too_many_remainders({"multipleOf": 86400}), has_too_many_remainders({"multipleOf": 5000, "minimum": 0})
    (False, False)
    """
    divisor = schema["multipleOf"]
    bounds = [value for key, value in schema.items() if is_bound(key, value)]
    if not bounds or not is_number(divisor) or any(abs(number) > _LARGEST for number in (divisor, *bounds)):
        return False
    _, digits, exponent = Decimal(str(divisor)).normalize().as_tuple()
    n_decimals = max(0, -int(exponent))
    n_remainders = int("".join(map(str, digits))) * 10 ** max(0, int(exponent))
    n_digits = max(len(str(abs(int(bound)))) for bound in bounds) + n_decimals
    return bool(n_remainders * n_digits > _MOST_REMAINDERS)
