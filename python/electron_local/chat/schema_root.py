"""Whether a schema leaves room for an object: a tool's arguments are one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from electron_local.chat.schema_branches import at_pointer

_MOST_LEVELS = 16


def may_be_object(schema: Any, root: Mapping[str, Any] | None = None, n_levels: int = _MOST_LEVELS) -> bool:
    """False where every object breaks the schema by its type, a constant, or a combination of such.

    What is unclear counts as room. `root`: what references lead into; None: `schema` itself.

    >>> may_be_object({"type": ["string", "null"]}), may_be_object({"anyOf": [{"type": "string"}, {}]})
    (False, True)
    """
    if not isinstance(schema, Mapping) or n_levels == 0:
        return schema is not False
    root = schema if root is None else root

    def inner(part: Any) -> bool:
        return may_be_object(part, root, n_levels - 1)

    return (
        _is_type_of_object(schema.get("type", "object"))
        and ("const" not in schema or isinstance(schema["const"], Mapping))
        and _any(schema.get("enum"), lambda value: isinstance(value, Mapping))
        and ("$ref" not in schema or inner(at_pointer(root, str(schema["$ref"]))))
        and all(map(inner, schema["allOf"] if isinstance(schema.get("allOf"), list) else ()))
        and _any(schema.get("anyOf"), inner)
        and _any(schema.get("oneOf"), inner)
    )


def _is_type_of_object(types: Any) -> bool:
    return not isinstance(types, str | list) or "object" in ([types] if isinstance(types, str) else types)


def _any(values: Any, has_room: Callable[[Any], bool]) -> bool:
    return not isinstance(values, list) or not values or any(map(has_room, values))
