"""JSON Schemas made into what the grammar library can enforce.

The library's support: https://github.com/guidance-ai/llguidance/blob/main/docs/json_schema.md (1.9.1). It refuses a
whole schema for one keyword it cannot express and does not say where; here that keyword is found and left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from electron_local.chat.schema_bounds import closed_bounds, has_too_many_remainders, is_bound
from electron_local.chat.schema_branches import Comparison, as_uri, at_pointer
from electron_local.chat.schema_dates import date_pattern
from electron_local.chat.schema_depth import MAX_LEVELS, levels_of
from electron_local.chat.schema_endless import ENDLESS, drop_endless
from electron_local.chat.schema_keywords import is_number
from electron_local.chat.schema_numbers import is_kept, narrowed_bound, reason_against_bound
from electron_local.chat.schema_search import Budget, Refusal, find_refused
from electron_local.chat.schema_walk import LISTS, MAPS, SINGLES, Path, drop, may_be, required_names

# "unknown" is a format of the library's own: any string.
_FORMATS = frozenset(
    ("date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid", "uri", "unknown")
)
_INEXPRESSIBLE = frozenset(
    (
        *("not", "if", "then", "else", "propertyNames", "dependencies", "dependentRequired", "dependentSchemas"),
        *("contains", "minContains", "maxContains", "uniqueItems", "unevaluatedItems", "unevaluatedProperties"),
        *("$dynamicRef", "$dynamicAnchor", "$recursiveRef", "$recursiveAnchor"),
    )
)
_WITHOUT_EFFECT = ("uniqueItems", False), ("unevaluatedItems", True), ("unevaluatedProperties", True)
_COUNTS = ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties")
_BEYOND_REGULAR = re.compile(r"(?<!\\)(?:\\\\)*(?:\(\?(?:[=!]|<[=!])|\\[1-9bBkZc])")
_MOST_SEARCHES = 20
_TOO_LARGE = "too large"  # the library says so of a whole, after seconds
_TEXTS = ("const", "enum", "pattern")
_MAX_TEXT_CHARS = 10_000  # the library's memory grows by hundreds of bytes a character


class LeftOut(NamedTuple):
    """A keyword, or a whole subschema, that no grammar enforces. `path` leads there from the schema's root."""

    path: Path
    reason: str


class RelaxedSchema(NamedTuple):
    """`schema` without what is `left_out`; a copy."""

    schema: dict[str, Any]
    left_out: tuple[LeftOut, ...]


def relax_schema(schema: Mapping[str, Any], refusal: Refusal | None = None) -> RelaxedSchema:
    """The schema without what the grammar library cannot enforce. Everything that satisfies `schema` satisfies it, but
    for numbers next to an open bound (`closed_bounds`), and near or beyond 2**63 (`narrowed_bound`).

    `refusal` finds what only the library can tell (a pattern with a mistake, bounds that contradict each other).
    Without it the result may still be refused.

    >>> relax_schema({"type": "array", "uniqueItems": True}).left_out[0].path
    ('uniqueItems',)
    """
    left_out: list[LeftOut] = []
    if levels_of(schema) > MAX_LEVELS:
        reason = f"its references lead through more than {MAX_LEVELS} levels"
        return RelaxedSchema({"type": "object"}, (LeftOut((), reason),))
    relaxed = _relax(schema, (), Comparison(schema), left_out)
    relaxed.pop("x-guidance", None)
    left_out += [LeftOut(_path_before(path, schema), ENDLESS) for path in drop_endless(relaxed)]
    if refusal is not None:
        relaxed = _drop_refused(relaxed, schema, refusal, left_out)
    return RelaxedSchema(relaxed, tuple(left_out))


def _relax(schema: Mapping[str, Any], path: Path, comparison: Comparison, left_out: list[LeftOut]) -> dict[str, Any]:
    relaxed: dict[str, Any] = {**closed_bounds(schema)}
    has_bounds = bool(relaxed)
    for key, value in schema.items():
        if (key, value) in _WITHOUT_EFFECT or (has_bounds and is_bound(key, value)):
            continue
        reason = _reason_against(key, value, schema, comparison.root)
        if reason is not None:
            left_out.append(LeftOut((*path, key), reason))
        elif key == "oneOf" and isinstance(value, list) and value:
            branches = _relax_inside(key, value, (*path, key), comparison, left_out)
            if "anyOf" in schema:
                relaxed["allOf"] = [*relaxed.get("allOf", ()), {"anyOf": branches}]
            else:
                relaxed["anyOf"] = branches
            if not comparison.are_disjoint(value):
                left_out.append(LeftOut((*path, key), "more than one branch may match"))
        elif key == "allOf" and isinstance(value, list):
            relaxed[key] = relaxed.get(key, []) + _relax_inside(key, value, (*path, key), comparison, left_out)
        elif key == "$schema" and "json-schema.org" not in str(value):
            continue
        else:
            relaxed[key] = _relax_inside(key, value, (*path, key), comparison, left_out)
    if (pattern := date_pattern(schema)) is not None:
        relaxed["pattern"] = pattern
    return relaxed


def _relax_inside(key: str, value: Any, path: Path, comparison: Comparison, left_out: list[LeftOut]) -> Any:
    if key in MAPS and isinstance(value, Mapping):
        return {name: _relax_one(inner, (*path, name), comparison, left_out) for name, inner in value.items()}
    if key in LISTS and isinstance(value, list):
        return [_relax_one(inner, (*path, index), comparison, left_out) for index, inner in enumerate(value)]
    if key in SINGLES:
        return _relax_one(value, path, comparison, left_out)
    return _as_written(key, value)


def _as_written(key: str, value: Any) -> Any:
    """The value of a keyword that holds no schema, in the form that the library takes."""
    if key in _COUNTS and isinstance(value, float) and value.is_integer():
        return int(value)
    if key == "$ref" and isinstance(value, str):
        return as_uri(value)
    return narrowed_bound(key, value) if is_bound(key, value) else value


def _relax_one(schema: Any, path: Path, comparison: Comparison, left_out: list[LeftOut]) -> Any:
    return _relax(schema, path, comparison, left_out) if isinstance(schema, Mapping) else schema


def _reason_against(key: str, value: Any, schema: Mapping[str, Any], root: Mapping[str, Any]) -> str | None:
    if key in _INEXPRESSIBLE:
        return "no grammar can express it"
    if key == "format" and isinstance(value, str) and value not in _FORMATS and may_be(schema, "string"):
        return f"the format {value[:40]!r} is unknown"
    if key in _COUNTS:
        return _reason_against_count(key, value, schema)
    if key == "$ref" and isinstance(value, str) and not _is_inside(value, root):
        return f"{value[:80]!r} is not in this schema"
    return _reason_against_number(key, value, schema) or _reason_against_text(key, value)


def _reason_against_count(key: str, value: Any, schema: Mapping[str, Any]) -> str | None:
    if key in ("minProperties", "maxProperties") and _has_optional_properties(schema):
        return "cannot be counted where properties are optional"
    if key == "minProperties" and _may_be_repeated(schema, value):
        return "names may be repeated instead"
    return None


def _reason_against_number(key: str, value: Any, schema: Mapping[str, Any]) -> str | None:
    if is_bound(key, value):
        return reason_against_bound(key, value)
    if key in ("const", "enum", "multipleOf") and not is_kept(value):
        return "holds a number with more digits than the grammar keeps"
    if key == "multipleOf" and has_too_many_remainders(schema):
        return "beside these bounds it has too many remainders to follow"
    return None


def _reason_against_text(key: str, value: Any) -> str | None:
    if key in _TEXTS and _longest_text(value) > _MAX_TEXT_CHARS:
        return f"holds a text of more than {_MAX_TEXT_CHARS} characters"
    if key == "pattern" and isinstance(value, str) and _BEYOND_REGULAR.search(value):
        return "look-around, word borders and back-references are not regular"
    return None


def _longest_text(value: Any) -> int:
    texts = value if isinstance(value, list) else [value]
    return max((len(text) for text in texts if isinstance(text, str)), default=0)


def _is_inside(reference: str, root: Mapping[str, Any]) -> bool:
    if reference.startswith("#/"):
        return at_pointer(root, reference) is not None
    return reference.startswith("#")


def _has_optional_properties(schema: Mapping[str, Any]) -> bool:
    properties = schema.get("properties")
    return isinstance(properties, Mapping) and not set(properties) <= required_names(schema)


def _may_be_repeated(schema: Mapping[str, Any], count: Any) -> bool:
    """Whether so many members may be made of fewer names: the library does not ask for different ones."""
    n_named = len(required_names(schema))
    return schema.get("additionalProperties") is not False and is_number(count) and count > n_named + 1


def _drop_refused(
    relaxed: dict[str, Any], schema: Mapping[str, Any], refusal: Refusal, left_out: list[LeftOut]
) -> dict[str, Any]:
    budget = Budget(refusal)
    for _ in range(_MOST_SEARCHES):
        reason = budget.refused(relaxed)
        if reason is None:
            return relaxed
        path, reason = ((), reason) if _TOO_LARGE in reason else find_refused(relaxed, budget)
        left_out.append(LeftOut(_path_before(path, schema), reason))
        if not path:
            break
        drop(relaxed, path)
    return {"type": "object"}


def _path_before(path: Path, schema: Any) -> Path:
    """`path` in the schema as it was given: an `anyOf` that was made of a `oneOf` has its old name."""
    out: list[str | int] = []
    for step in path:
        if step == "anyOf" and isinstance(schema, Mapping) and "anyOf" not in schema:
            step = "oneOf"  # noqa: PLW2901
        out.append(step)
        try:
            schema = schema[step]
        except (KeyError, IndexError, TypeError):
            schema = None
    return tuple(out)
