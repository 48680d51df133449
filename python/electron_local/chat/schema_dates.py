"""Days of the calendar as a regular expression: the grammar library's own dates take 30 February and the year 0."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_YEAR = "(?:000[1-9]|00[1-9][0-9]|0[1-9][0-9]{2}|[1-9][0-9]{3})"
_DAY = (
    "(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
    "|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
    "|02-(?:0[1-9]|1[0-9]|2[0-8]))"
)
_OF_FOUR = "(?:0[48]|[2468][048]|[13579][26])"
_LEAP_YEAR = f"(?:[0-9]{{2}}{_OF_FOUR}|{_OF_FOUR}00)"
DATE = f"(?:{_YEAR}-{_DAY}|{_LEAP_YEAR}-02-29)"
"""A date of RFC 3339 from the year 1 on, in the proleptic Gregorian calendar."""

_PATTERNS = {"date": f"^{DATE}$", "date-time": f"^{DATE}"}


def date_pattern(schema: Mapping[str, Any]) -> str | None:
    """The pattern that holds a string of `schema` to real days; None where it is no date, or told in other ways.

    >>> date_pattern({"type": "string", "format": "time"}) is None
    True
    """
    name = schema.get("format")
    is_told = any(key in schema for key in ("pattern", "const", "enum"))
    return _PATTERNS.get(name) if isinstance(name, str) and not is_told else None
