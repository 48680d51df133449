"""Whether a schema leaves room for an object: a tool's arguments are one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from electron_local.chat.schema_branches import at_pointer

_MOST_LEVELS = 16


def may_be_object(schema: Any) -> bool:
    """False where every object breaks the schema by its type, a constant, or a combination of such.

    What is unclear counts as room.

    >>> may_be_object({"type": ["string", "null"]}), may_be_object({"anyOf": [{"type": "string"}, {}]})
    (False, True)
    """
    return _has_room(schema, schema, {}, _MOST_LEVELS)


def _has_room(schema: Any, root: Any, known: dict[str, bool], n_levels: int) -> bool:
    """`known`: references → whether there is room behind them; those that are being followed count as room."""
    if not isinstance(schema, Mapping) or n_levels == 0:
        return schema is not False

    def inner(part: Any) -> bool:
        return _has_room(part, root, known, n_levels - 1)

    def behind(reference: str) -> bool:
        if reference not in known:
            known[reference] = True
            known[reference] = inner(at_pointer(root, reference))
        return known[reference]

    return (
        _is_type_of_object(schema.get("type", "object"))
        and ("const" not in schema or isinstance(schema["const"], Mapping))
        and _any(schema.get("enum"), lambda value: isinstance(value, Mapping))
        and ("$ref" not in schema or behind(str(schema["$ref"])))
        and all(map(inner, schema["allOf"] if isinstance(schema.get("allOf"), list) else ()))
        and _any(schema.get("anyOf"), inner)
        and _any(schema.get("oneOf"), inner)
    )


def _is_type_of_object(types: Any) -> bool:
    return not isinstance(types, str | list) or "object" in ([types] if isinstance(types, str) else types)


def _any(values: Any, has_room: Callable[[Any], bool]) -> bool:
    return not isinstance(values, list) or not values or any(map(has_room, values))
