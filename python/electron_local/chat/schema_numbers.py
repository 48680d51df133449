"""Numbers that the grammar library (1.9.1) reads otherwise than they are written, or that end the process.

It keeps numbers as floats, rounds some decimals in reading them, counts integers within 64 bits, and overflows the
stack at the least of these.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from electron_local.chat.schema_keywords import is_number

LARGEST = 2**63 - 1024
"""The largest integer of 64 bits that is a float."""

_LOWER = ("minimum", "exclusiveMinimum")
_MOST_DIGITS = 2**53  # of a decimal that is read without rounding, as an integer
_MOST_EXPONENT = 22


def is_kept(value: Any) -> bool:
    """Whether the library writes the numbers in a JSON value as they are.

    >>> is_kept([1, 0.5, {"id": 2**53}]), is_kept({"id": 2**53 + 1}), is_kept(-(2**63)), is_kept(0.12345678901234567)
    (True, False, False, False)
    """
    if isinstance(value, Mapping):
        return all(map(is_kept, value.values()))
    if isinstance(value, list):
        return all(map(is_kept, value))
    if not is_number(value):
        return True
    if isinstance(value, int):
        return abs(value) <= LARGEST and int(float(value)) == value
    if not math.isfinite(value):
        return False
    _, digits, exponent = Decimal(repr(value)).as_tuple()
    return int("".join(map(str, digits))) <= _MOST_DIGITS and abs(int(exponent)) <= _MOST_EXPONENT


def reason_against_bound(key: str, bound: float) -> str | None:
    """Why a bound that leaves nothing to count cannot be enforced."""
    is_beyond = bound > LARGEST if key in _LOWER else bound < -LARGEST
    return "beyond the integers of 64 bits nothing is counted" if is_beyond else None


def narrowed_bound(key: str, bound: float) -> float:
    """`bound`, or the next number inside it that the library keeps.

    >>> narrowed_bound("minimum", 10**18 + 1), narrowed_bound("maximum", 1e30), narrowed_bound("maximum", 5)
    (1000000000000000128, 9223372036854774784, 5)
    """
    if abs(bound) > LARGEST:
        return -LARGEST if key in _LOWER else LARGEST
    if isinstance(bound, float):
        return bound
    kept = float(bound)
    if key in _LOWER and kept < bound:
        kept = math.nextafter(kept, math.inf)
    elif key not in _LOWER and kept > bound:
        kept = math.nextafter(kept, -math.inf)
    return int(kept)
