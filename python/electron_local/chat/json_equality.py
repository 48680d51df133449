"""Equal JSON values have one text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def canonical_text(value: Any) -> str:
    """The text of a JSON value, the same for values that JSON Schema calls equal: `1` and `1.0`, members in any order.

    >>> canonical_text({"b": 1.0, "a": True}) == canonical_text({"a": True, "b": 1}), canonical_text(1)
    (True, '1')
    """
    return json.dumps(_canonical(value), sort_keys=True)


def _canonical(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {name: _canonical(item) for name, item in value.items()}
    return [_canonical(item) for item in value] if isinstance(value, list) else value
