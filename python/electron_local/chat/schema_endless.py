"""References that no finite value satisfies: each value behind them would hold another one of its own kind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from typing import Any

from electron_local.chat.schema_branches import at_pointer
from electron_local.chat.schema_walk import Path, subschemas

ENDLESS = "nothing satisfies it: every value would hold another one of the same kind, without end"
_MOST_SEARCHES = 8


def drop_endless(schema: dict[str, Any]) -> list[Path]:
    """Take the references out of `schema` without which its values have an end. Returns their paths.

    They go one by one, the innermost first, so that most of the schema stays; where there are many, the rest at once.

    >>> drop_endless({"type": "object", "properties": {"next": {"$ref": "#"}}, "required": ["next"]})
    [('properties', 'next', '$ref')]
    """
    dropped: list[Path] = []
    for n_searches in range(_MOST_SEARCHES):
        found = _endless_references(schema)
        for path, part in found if n_searches == _MOST_SEARCHES - 1 else found[:1]:
            del part["$ref"]
            dropped.append((*path, "$ref"))
        if not found:
            break
    return dropped


def _endless_references(schema: dict[str, Any]) -> list[tuple[Path, dict[str, Any]]]:
    endless = _endless_places(schema)
    return [(path, part) for path, part in subschemas(schema) if _local_reference(part) in endless]


def _endless_places(schema: dict[str, Any]) -> Set[str]:
    """The places in `schema` that references lead to and whose values have no end.

    A place has an end once all that each of its values holds is known to have one.
    """
    places: dict[str, Any] = {}
    waiting = _references(schema)
    while waiting:
        place = waiting.pop()
        if place not in places:
            places[place] = schema if place == "#" else at_pointer(schema, place)
            waiting |= _references(places[place])
    open_places = set(places)
    n_before = -1
    while len(open_places) != n_before:
        n_before = len(open_places)
        for place in reversed(places):
            if place in open_places and _has_end(places[place], open_places):
                open_places.remove(place)
    return open_places


def _references(value: Any) -> set[str]:
    return {reference for _, part in subschemas(value) if (reference := _local_reference(part)) is not None}


def _local_reference(part: Mapping[str, Any]) -> str | None:
    reference = part.get("$ref")
    return reference if isinstance(reference, str) and reference.startswith("#") else None


def _has_end(schema: Any, open_places: Set[str]) -> bool:
    """Whether a value of `schema` need hold none of `open_places`. What is unclear has an end."""
    if not isinstance(schema, Mapping):
        return True
    if _local_reference(schema) in open_places:
        return False

    def all_end(parts: Iterable[Any]) -> bool:
        return all(_has_end(part, open_places) for part in parts)

    branches = _list(schema, "anyOf")
    if not all_end(_list(schema, "allOf")) or (branches and not any(all_end([branch]) for branch in branches)):
        return False
    if "const" in schema or "enum" in schema:
        return True
    types = _list(schema, "type") or [schema.get("type")]
    return any(all_end(_members(schema, name)) for name in types)


def _members(schema: Mapping[str, Any], type_name: Any) -> list[Any]:
    """The schemas of what every value of this type holds."""
    if type_name == "object":
        properties = schema["properties"] if isinstance(schema.get("properties"), Mapping) else {}
        others = schema.get("additionalProperties") if "patternProperties" not in schema else None
        members = [properties.get(name, others) for name in _list(schema, "required") if isinstance(name, str)]
        return [*members, others] if _count(schema, "minProperties") > len(properties) else members
    if type_name == "array":
        first, n_least = _list(schema, "prefixItems"), _count(schema, "minItems")
        return [*first[:n_least], schema.get("items")] if n_least > len(first) else first[:n_least]
    return []


def _list(schema: Mapping[str, Any], key: str) -> list[Any]:
    value = schema.get(key)
    return value if isinstance(value, list) else []


def _count(schema: Mapping[str, Any], key: str) -> int:
    value = schema.get(key)
    return max(0, value) if isinstance(value, int) else 0
