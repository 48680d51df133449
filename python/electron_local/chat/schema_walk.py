"""Where schemas stand inside a schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Path = tuple[str | int, ...]

MAPS = ("$defs", "definitions", "properties", "patternProperties")
LISTS = ("prefixItems", "items", "allOf", "anyOf", "oneOf")
SINGLES = ("items", "additionalItems", "additionalProperties")


def subschemas(schema: Any, path: Path = ()) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Every schema object in `schema` with its path, inner ones before what holds them, definitions first.

    >>> [path for path, _ in subschemas({"items": {"type": "string"}})]
    [('items',), ()]
    """
    if not isinstance(schema, dict):
        return
    for key in MAPS:
        inner = schema.get(key)
        for name, value in inner.items() if isinstance(inner, dict) else ():
            yield from subschemas(value, (*path, key, name))
    for key in LISTS:
        inner = schema.get(key)
        for index, value in enumerate(inner) if isinstance(inner, list) else ():
            yield from subschemas(value, (*path, key, index))
    for key in SINGLES:
        yield from subschemas(schema.get(key), (*path, key))
    yield path, schema


def required_names(schema: Mapping[str, Any]) -> set[str]:
    """The names that `required` lists; what is no name is not counted.

    >>> required_names({"required": ["a", {}]}), required_names({"required": 5})
    ({'a'}, set())
    """
    required = schema.get("required")
    return {name for name in required if isinstance(name, str)} if isinstance(required, list) else set()


def drop(schema: dict[str, Any], path: Path) -> None:
    """Take what stands at `path` out of `schema`: a keyword goes, a subschema allows anything from now on."""
    holds_schema = any(path == place for place, _ in subschemas(schema))
    *way, last = path
    holder: Any = schema
    for step in way:
        holder = holder[step]
    if holds_schema:
        holder[last] = {}
    else:
        del holder[last]


def may_be(schema: Mapping[str, Any], kind: str) -> bool:
    """Whether `type` names a kind of value, or is not there."""
    types = schema.get("type", kind)
    return types == kind or (isinstance(types, list) and kind in types)
