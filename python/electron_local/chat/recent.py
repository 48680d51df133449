"""A few results that are slow to make, by what they were made of."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

Result = TypeVar("Result")
_N_KEPT = 32


class Recent(Generic[Result]):
    """Keeps the results used last. Any thread: two that ask for the same at once may both make it.

    >>> recent = Recent()
    >>> recent.get("key", lambda: "made"), recent.get("key", lambda: "made again")
    ('made', 'made')
    """

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Result] = OrderedDict()

    def get(self, key: str, make: Callable[[], Result]) -> Result:
        """The result that was made under `key`, or that `make` returns now."""
        result = self._kept.pop(key, None)
        if result is None:
            result = make()
        self._kept[key] = result
        while len(self._kept) > _N_KEPT:
            self._kept.popitem(last=False)
        return result
