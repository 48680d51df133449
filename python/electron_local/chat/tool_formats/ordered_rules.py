"""Rules for the members of an object in one order: those that must be there, and those that may."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

_PLAIN = frozenset(
    (
        *("type", "properties", "required", "additionalProperties", "description", "title", "default", "examples"),
        *("$schema", "$defs", "definitions", "$comment", "$id"),
    )
)


class Member(NamedTuple):
    """`text`: how the member stands in a rule."""

    text: str
    is_required: bool


def is_plain(schema: Mapping[str, Any]) -> bool:
    """Whether the schema says no more of its object than which properties it has, and which of them it needs."""
    properties, required = schema.get("properties", {}), schema.get("required", [])
    return (
        schema.keys() <= _PLAIN
        and schema.get("type", "object") == "object"
        and isinstance(properties, Mapping)
        and isinstance(required, list)
        and set(required) <= properties.keys()
    )


def ordered(prefix: str, members: Sequence[Member], separator: str) -> tuple[str, list[str]]:
    """The name of a rule for `members`, `separator` between those that are there, and all rules it needs.

    The name is empty when there are no members. Rules are named `{prefix}_first_0` and so on.

    >>> ordered("a", [Member("x", True), Member("y", False)], ",")
    ('a_first_0', ['a_first_0: x a_rest_1', 'a_first_1: y?', 'a_rest_1: ("," y)?'])
    """
    if not members:
        return "", []
    first, rest = [], []
    last = len(members) - 1
    for i, (text, is_required) in enumerate(members):
        more = f" {prefix}_rest_{i + 1}" if i < last else ""
        skip = "?" if i == last else f" | {prefix}_first_{i + 1}"
        first.append(f"{prefix}_first_{i}: {text}{more}" + ("" if is_required else skip))
        member = f"({json.dumps(separator)} {text})" + ("" if is_required else "?")
        rest.append(f"{prefix}_rest_{i}: {member}{more}")
    return f"{prefix}_first_0", first + rest[1:]
