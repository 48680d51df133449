"""Whether the branches of a `oneOf` exclude each other: then `anyOf` says the same."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, unquote

from electron_local.chat.json_equality import canonical_text

_TYPES = frozenset({"null", "boolean", "number", "string", "array", "object"})
_MOST_REFERENCES = 8
_MOST_BRANCHES = 256
_MOST_COMPARISONS = 500_000
_N_A_COMPARISON = 50  # constants
_MOST_LEVELS = 8  # of properties in properties


class _Branch:
    """What tells a schema from others; read once, since each is compared with all."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self.schema = schema
        self.types = _types(schema)
        self.constants = _constants(schema)
        self.required: dict[str, _Branch] | None = None  # the properties; None: not read yet


class Comparison:
    """Compares the branches of each `oneOf` of one schema, up to a number of comparisons in all.

    >>> comparison = Comparison({})
    >>> comparison.are_disjoint([{"const": "cat"}, {"const": "dog"}])
    True
    >>> comparison.are_disjoint([{"type": "number"}, {"type": "integer"}])
    False
    """

    def __init__(self, root: Mapping[str, Any]) -> None:
        self.root = root
        self._read: dict[int, _Branch] = {}  # by the id of a schema in `root`
        self._n_left = _MOST_COMPARISONS

    def are_disjoint(self, branches: Sequence[Any]) -> bool:
        """No value satisfies two of `branches`: by their types, their constants, or a required property's constants.

        False where that is unclear, and where it would take too long.
        """
        if len(branches) > _MOST_BRANCHES:
            return False
        read = list(map(self._branch, branches))
        pairs = itertools.combinations(read, 2)
        return _share_no_constant(read) or all(self._exclude(a, b, _MOST_LEVELS) for a, b in pairs)

    def _branch(self, schema: Any) -> _Branch:
        resolved = _resolve(schema, self.root)
        if id(resolved) not in self._read:
            self._read[id(resolved)] = _Branch(resolved)
        return self._read[id(resolved)]

    def _exclude(self, a: _Branch, b: _Branch, n_levels: int) -> bool:
        n_constants = min(len(a.constants or ()), len(b.constants or ()))
        self._n_left -= 1 + n_constants // _N_A_COMPARISON
        if self._n_left < 0 or n_levels == 0 or a is b:
            return False
        if a.types.isdisjoint(b.types):
            return True
        if a.constants is not None and b.constants is not None and a.constants.isdisjoint(b.constants):
            return True
        if a.types & b.types != {"object"}:
            return False
        of_a, of_b = self._required(a), self._required(b)
        return any(self._exclude(of_a[name], of_b[name], n_levels - 1) for name in of_a if name in of_b)

    def _required(self, branch: _Branch) -> dict[str, _Branch]:
        """The properties that are there in every value; first those with constants, which mostly tell."""
        if branch.required is None:
            parts = {name: self._branch(branch.schema["properties"][name]) for name in _required(branch.schema)}
            branch.required = dict(sorted(parts.items(), key=lambda item: item[1].constants is None))
        return branch.required


def _share_no_constant(branches: Sequence[_Branch]) -> bool:
    constants = [branch.constants for branch in branches if branch.constants is not None]
    return len(constants) == len(branches) and len(frozenset().union(*constants)) == sum(map(len, constants))


def _types(schema: Mapping[str, Any]) -> frozenset[str]:
    given = schema.get("type")
    names = given if isinstance(given, list) else [given]
    types = frozenset("number" if name == "integer" else str(name) for name in names)
    return types if types <= _TYPES else _TYPES


def _constants(schema: Mapping[str, Any]) -> frozenset[str] | None:
    values = [schema["const"]] if "const" in schema else schema.get("enum")
    if not isinstance(values, list):
        return None
    return frozenset(map(canonical_text, values))


def _required(schema: Mapping[str, Any]) -> list[str]:
    properties, required = schema.get("properties"), schema.get("required")
    if not isinstance(properties, Mapping) or not isinstance(required, list):
        return []
    return [name for name in required if isinstance(name, str) and name in properties]


def _resolve(schema: Any, root: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema that a local `$ref` leads to; an empty one, which excludes nothing, where that is unclear."""
    for _ in range(_MOST_REFERENCES):
        if not isinstance(schema, Mapping) or "$ref" not in schema:
            break
        schema = at_pointer(root, str(schema["$ref"]))
    return schema if isinstance(schema, Mapping) and "$ref" not in schema else {}


def as_uri(reference: str) -> str:
    """A reference of which every sign may stand in a URI, as the grammar library wants it.

    >>> as_uri("#/$defs/List<Größe>"), as_uri("#/$defs/a%20b")
    ('#/$defs/List%3CGr%C3%B6%C3%9Fe%3E', '#/$defs/a%20b')
    """
    return quote(reference, safe="#/%~!$&'()*+,;=:@?-._")


def at_pointer(root: Mapping[str, Any], pointer: str) -> Any:
    """What `#/…` leads to, a JSON Pointer in a URI; None when nothing is there."""
    place: Any = root
    for step in pointer.removeprefix("#").split("/")[1:]:
        name = unquote(step).replace("~1", "/").replace("~0", "~")
        if isinstance(place, list) and name.isdecimal() and int(name) < len(place):
            place = place[int(name)]
        else:
            place = place.get(name) if isinstance(place, Mapping) else None
    return place if pointer.startswith("#/") else None
