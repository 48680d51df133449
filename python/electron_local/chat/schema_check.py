"""Values against a whole schema, in bounded time: no pattern is run, and no reference leaves the schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from electron_local.chat.json_equality import canonical_text
from electron_local.chat.schema_branches import at_pointer
from electron_local.chat.schema_keywords import LIMITS, PARTS
from electron_local.chat.schema_walk import MAPS, Path

_MOST_STEPS = 30_000
_N_A_STEP = 16  # items, members, bytes or characters
_UNCHECKED = frozenset(
    ("pattern", "patternProperties", "format", "unevaluatedItems", "unevaluatedProperties", "dependencies")
)


class SchemaCheck:
    """Finds what a value breaks in one schema of draft 2020-12, while its steps last. Owned by one answer.

    Patterns and formats hold always, and so does `additionalProperties` beside patterns: a pattern can take hours.

    >>> check = SchemaCheck({"properties": {"n": {"not": {"const": 5}}}})
    >>> check.broken({"n": 4}), check.broken({"n": 5.0})
    (None, ('properties', 'n', 'not'))
    """

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._root = schema
        self._n_steps = _MOST_STEPS
        self._texts: dict[int, frozenset[str]] = {}  # the id of an `enum` → the texts of its values

    def broken(self, value: Any) -> Path | None:
        """The way to the first keyword that a JSON value breaks; None where it breaks none.

        Raises RuntimeError when the values until now took too long together; at a schema that is itself at fault,
        what depends on the fault.
        """
        return self._broken(self._root, value, ())

    def _broken(self, schema: Any, value: Any, path: Path) -> Path | None:
        if isinstance(schema, bool):
            return None if schema else path
        for key, given in schema.items():
            self._spend(1 + (_length(given) + _length(value)) // _N_A_STEP)
            found = self._broken_by(key, given, value, schema, (*path, key))
            if found is not None:
                return found
        return None

    def _broken_by(self, key: str, given: Any, value: Any, schema: Mapping[str, Any], path: Path) -> Path | None:
        if key == "$ref":
            return self._broken(self._target(given), value, path)
        if key == "if":
            branch = "then" if self._fits(given, value) else "else"
            return self._broken(schema.get(branch, True), value, (*path[:-1], branch))
        if key in PARTS:
            for steps, part, inner in PARTS[key](given, value, schema):
                found = self._broken(part, inner, (*path, *steps))
                if found is not None:
                    return found
            return None
        if key in LIMITS:
            concerns, holds = LIMITS[key]
            return None if not concerns(value) or holds(value, given) else path
        return None if self._holds(key, given, value, schema) else path

    def _holds(self, key: str, given: Any, value: Any, schema: Mapping[str, Any]) -> bool:
        holds = True
        if key == "const":
            holds = self._text(value) == self._text(given)
        elif key == "enum":
            holds = self._text(value) in self._texts_of(given)
        elif key == "not":
            holds = not self._fits(given, value)
        elif key == "anyOf":
            holds = any(self._fits(branch, value) for branch in given)
        elif key == "oneOf":
            holds = sum(self._fits(branch, value) for branch in given) == 1
        elif key == "uniqueItems" and given and isinstance(value, list):
            holds = len(set(map(self._text, value))) == len(value)
        elif key == "contains" and isinstance(value, list):
            least, most = schema.get("minContains", 1), schema.get("maxContains", len(value))
            holds = least <= sum(self._fits(given, item) for item in value) <= most
        return holds

    def _fits(self, schema: Any, value: Any) -> bool:
        return self._broken(schema, value, ()) is None

    def _target(self, reference: str) -> Any:
        self._spend(len(reference) // _N_A_STEP)
        target = self._root if reference == "#" else at_pointer(self._root, reference)
        if target is None:
            raise LookupError(f"{reference[:80]!r} is not in this schema")
        return target

    def _text(self, value: Any) -> str:
        text = canonical_text(value)
        self._spend(1 + len(text) // _N_A_STEP)
        return text

    def _texts_of(self, values: list[Any]) -> frozenset[str]:
        if id(values) not in self._texts:
            self._texts[id(values)] = frozenset(map(self._text, values))
        return self._texts[id(values)]

    def _spend(self, n_steps: int) -> None:
        self._n_steps -= n_steps
        if self._n_steps < 0:
            raise RuntimeError("checking takes too long")


def is_checked(path: Path) -> bool:
    """Whether a SchemaCheck looks at what stands at `path`, a keyword or a whole schema."""
    if not path or (len(path) > 1 and path[-2] in MAPS):  # a schema, whatever its name
        return True
    return path[-1] not in _UNCHECKED


def _length(value: Any) -> int:
    """Items or members, or the bytes of a whole number."""
    if isinstance(value, int):
        return value.bit_length() // 8
    return len(value) if isinstance(value, list | Mapping) else 0
