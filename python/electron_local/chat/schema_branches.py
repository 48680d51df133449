"""Whether the branches of a `oneOf` exclude each other: then `anyOf` says the same."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping, Sequence
from typing import Any

_TYPES = frozenset({"null", "boolean", "number", "string", "array", "object"})
_MOST_REFERENCES = 8
_MOST_BRANCHES = 256


def are_disjoint(branches: Sequence[Any], root: Mapping[str, Any]) -> bool:
    """No value satisfies two of `branches`: by their types, their constants, or a required property's constants.

    >>> are_disjoint([{"const": "cat"}, {"const": "dog"}], {})
    True
    >>> are_disjoint([{"type": "number"}, {"type": "integer"}], {})
    False
    """
    if len(branches) > _MOST_BRANCHES:
        return False
    resolved = [_resolve(branch, root) for branch in branches]
    return all(_exclude(a, b, root) for a, b in itertools.combinations(resolved, 2))


def _exclude(a: Mapping[str, Any], b: Mapping[str, Any], root: Mapping[str, Any]) -> bool:
    if not _types(a) & _types(b):
        return True
    values_a, values_b = _constants(a), _constants(b)
    if values_a is not None and values_b is not None and not values_a & values_b:
        return True
    if _types(a) & _types(b) != {"object"}:
        return False
    return any(
        _exclude(_resolve(a["properties"][name], root), _resolve(b["properties"][name], root), {})
        for name in _required(a) & _required(b)
    )


def _types(schema: Mapping[str, Any]) -> frozenset[str]:
    given = schema.get("type")
    names = given if isinstance(given, list) else [given]
    types = frozenset("number" if name == "integer" else str(name) for name in names)
    return types if types <= _TYPES else _TYPES


def _constants(schema: Mapping[str, Any]) -> frozenset[str] | None:
    values = [schema["const"]] if "const" in schema else schema.get("enum")
    if not isinstance(values, list):
        return None
    return frozenset(json.dumps(_canonical(value), sort_keys=True) for value in values)


def _canonical(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _required(schema: Mapping[str, Any]) -> set[str]:
    properties, required = schema.get("properties"), schema.get("required")
    if not isinstance(properties, Mapping) or not isinstance(required, list):
        return set()
    return {name for name in required if isinstance(name, str) and name in properties}


def _resolve(schema: Any, root: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema that a local `$ref` leads to; an empty one, which excludes nothing, where that is unclear."""
    for _ in range(_MOST_REFERENCES):
        if not isinstance(schema, Mapping) or "$ref" not in schema:
            break
        schema = at_pointer(root, str(schema["$ref"]))
    return schema if isinstance(schema, Mapping) and "$ref" not in schema else {}


def at_pointer(root: Mapping[str, Any], pointer: str) -> Any:
    """What `#/…` leads to, percent signs unread; None when nothing is there."""
    place: Any = root
    for step in pointer.removeprefix("#").split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(place, list) and name.isdecimal() and int(name) < len(place):
            place = place[int(name)]
        else:
            place = place.get(name) if isinstance(place, Mapping) else None
    return place if pointer.startswith("#/") else None
