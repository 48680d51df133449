"""How deep a schema goes when its references are followed: what compiles it calls itself once a level."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from electron_local.chat.schema_branches import at_pointer

MAX_LEVELS = 500


def levels_of(schema: Mapping[str, Any]) -> int:
    """An upper bound of the levels of objects and arrays on any way through `schema` that enters a reference once.

    >>> levels_of({"type": "array", "items": {"$ref": "#/$defs/a"}, "$defs": {"a": {"items": {}}}})
    4
    """
    own: dict[str, int] = {}
    references: dict[str, dict[str, int]] = {}  # place → the places it refers to, each with the level where it does
    waiting = ["#"]
    while waiting:
        place = waiting.pop()
        if place not in own:
            own[place], references[place] = _walk(schema if place == "#" else at_pointer(schema, place))
            waiting += references[place]
    return _longest_way(own, references)


def _walk(value: Any) -> tuple[int, dict[str, int]]:
    """The levels in `value`, and the local references in it."""
    deepest = 0
    found: dict[str, int] = {}
    waiting = [(value, 1)]
    while waiting:
        each, level = waiting.pop()
        if isinstance(each, Mapping):
            reference = each.get("$ref")
            if isinstance(reference, str) and reference.startswith("#"):
                found[reference] = max(level, found.get(reference, 0))
            inner = list(each.values())
        elif isinstance(each, list):
            inner = each
        else:
            continue
        deepest = max(deepest, level)
        waiting += [(item, level + 1) for item in inner if isinstance(item, Mapping | list)]
    return deepest, found


def _longest_way(own: dict[str, int], references: dict[str, dict[str, int]]) -> int:
    """From the places that lead nowhere back to the root; those on or before a ring of references count in full."""
    callers: dict[str, list[str]] = {place: [] for place in own}
    for place, targets in references.items():
        for target in targets:
            callers[target].append(place)
    n_open = {place: len(targets) for place, targets in references.items()}
    below: dict[str, int] = {}
    ready = [place for place, n in n_open.items() if not n]
    while ready:
        place = ready.pop()
        ways = [level + below[target] for target, level in references[place].items()]
        below[place] = max([own[place], *ways])
        for caller in callers[place]:
            n_open[caller] -= 1
            if not n_open[caller]:
                ready.append(caller)
    if "#" in below:
        return below["#"]
    return sum(own[place] for place in own if place not in below) + max(below.values(), default=0)
