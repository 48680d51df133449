"""Keywords of JSON Schema, draft 2020-12, that hold or fail by themselves, or by what they say of parts of a value."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from fractions import Fraction
from typing import Any

from electron_local.chat.schema_walk import Path

Limit = tuple[Callable[[Any], bool], Callable[[Any, Any], bool]]
Part = tuple[Path, Any, Any]


def is_number(value: Any) -> bool:
    """Whether it is one in JSON's sense."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_string(value: Any) -> bool:
    return isinstance(value, str)


def _is_array(value: Any) -> bool:
    return isinstance(value, list)


def _is_object(value: Any) -> bool:
    return isinstance(value, Mapping)


_TYPES: dict[str, Callable[[Any], bool]] = {
    "null": lambda value: value is None,
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: is_number(value) and (isinstance(value, int) or value.is_integer()),
    "number": is_number,
    "string": _is_string,
    "array": _is_array,
    "object": _is_object,
}


def _is_of_type(value: Any, types: Any) -> bool:
    return any(_TYPES[name](value) for name in ([types] if isinstance(types, str) else types))


def _is_multiple(value: float, step: float) -> bool:
    """Of the decimal that is written: 0.3 is a multiple of 0.1."""
    return (Fraction(str(value)) / Fraction(str(step))).denominator == 1


def _has_all(value: Mapping[str, Any], names: Iterable[str]) -> bool:
    return all(name in value for name in names)


def _at_least(value: Any, n: float) -> bool:
    return len(value) >= n


def _at_most(value: Any, n: float) -> bool:
    return len(value) <= n


LIMITS: dict[str, Limit] = {
    "type": (lambda value: True, _is_of_type),
    "minimum": (is_number, operator.ge),
    "maximum": (is_number, operator.le),
    "exclusiveMinimum": (is_number, operator.gt),
    "exclusiveMaximum": (is_number, operator.lt),
    "multipleOf": (is_number, _is_multiple),
    "minLength": (_is_string, _at_least),
    "maxLength": (_is_string, _at_most),
    "minItems": (_is_array, _at_least),
    "maxItems": (_is_array, _at_most),
    "minProperties": (_is_object, _at_least),
    "maxProperties": (_is_object, _at_most),
    "required": (_is_object, _has_all),
}
"""Keyword → which values it speaks of, and whether it holds for one: `(value, what the schema says)`."""


def _all_of(branches: list[Any], value: Any, schema: Mapping[str, Any]) -> Iterator[Part]:
    return (((index,), branch, value) for index, branch in enumerate(branches))


def _properties(properties: Mapping[str, Any], value: Any, schema: Mapping[str, Any]) -> Iterator[Part]:
    named = properties.items() if isinstance(value, Mapping) else ()
    return (((name,), part, value[name]) for name, part in named if name in value)


def _other_properties(part: Any, value: Any, schema: Mapping[str, Any]) -> Iterator[Part]:
    """None are others where patterns, which are not run, may name them."""
    named = schema.get("properties", {})
    members = value if isinstance(value, Mapping) and "patternProperties" not in schema else {}
    return (((), part, item) for name, item in members.items() if name not in named)


def _property_names(part: Any, value: Any, schema: Mapping[str, Any]) -> Iterator[Part]:
    return (((), part, name) for name in (value if isinstance(value, Mapping) else ()))


def _dependent_schemas(parts: Mapping[str, Any], value: Any, schema: Mapping[str, Any]) -> Iterator[Part]:
    named = parts.items() if isinstance(value, Mapping) else ()
    return (((name,), part, value) for name, part in named if name in value)


def _dependent_required(names: Mapping[str, Any], value: Any, schema: Mapping[str, Any]) -> Iterator[Part]:
    return _dependent_schemas({name: {"required": needed} for name, needed in names.items()}, value, schema)


def _first_items(parts: list[Any], value: Any, schema: Mapping[str, Any]) -> Iterator[Part]:
    items = value if isinstance(value, list) else []
    return (((index,), part, item) for index, (part, item) in enumerate(zip(parts, items, strict=False)))


def _items(part: Any, value: Any, schema: Mapping[str, Any]) -> Iterator[Part]:
    items = value if isinstance(value, list) else []
    return (((), part, item) for item in items[len(schema.get("prefixItems", ())) :])


PARTS: dict[str, Callable[[Any, Any, Mapping[str, Any]], Iterator[Part]]] = {
    "allOf": _all_of,
    "properties": _properties,
    "additionalProperties": _other_properties,
    "propertyNames": _property_names,
    "dependentSchemas": _dependent_schemas,
    "dependentRequired": _dependent_required,
    "prefixItems": _first_items,
    "items": _items,
}
"""Keyword → what has to hold under it: the way on from the keyword, a schema, and the part of the value it is for."""
