"""Varied JSON schemas, drawn from a seed: every keyword that an answer can be held to, and mixtures of them."""

from __future__ import annotations

import random
from typing import Any

Schema = dict[str, Any]

NAMES = ("name", "city", "size", "count", "on", "price", "items", "when", "note", "id")
WORDS = ("red", "green", "small", "large", "Berlin", "a b", "été", "7", "")
PATTERNS = ("^[a-z]{2,5}$", "^[A-Z][0-9]{3}$", "^(yes|no)$", r"^\d{2}-\d{2}$", "[aeiou]", "^$|^x+$")
FORMATS = ("date", "time", "date-time", "uuid", "email", "ipv4")
MAX_DEPTH = 3


def schemas(n: int, seed: int = 1) -> list[Schema]:
    """`n` schemas; every kind in KINDS is the root of some of them."""
    rng = random.Random(seed)
    return [KINDS[i % len(KINDS)](rng, 0) for i in range(n)]


def any_of_these(rng: random.Random, depth: int) -> Schema:
    """A schema of a random kind, plain at the bottom."""
    return rng.choice(KINDS if depth < MAX_DEPTH else PLAIN)(rng, depth)


def string(rng: random.Random, depth: int) -> Schema:
    low = rng.randrange(4)
    return {"type": "string", **rng.choice(({}, {"minLength": low, "maxLength": low + rng.randrange(12)}))}


def pattern(rng: random.Random, depth: int) -> Schema:
    return {"type": "string", "pattern": rng.choice(PATTERNS)}


def with_format(rng: random.Random, depth: int) -> Schema:
    return {"type": "string", "format": rng.choice(FORMATS)}


def integer(rng: random.Random, depth: int) -> Schema:
    low = rng.randrange(-50, 50)
    limits = rng.choice(({}, {"minimum": low}, {"minimum": low, "maximum": low + rng.randrange(100)}))
    return {"type": "integer", **limits, **rng.choice(({}, {"exclusiveMaximum": 1000}))}


def number(rng: random.Random, depth: int) -> Schema:
    low = round(rng.uniform(-5, 5), 2)
    return {"type": "number", **rng.choice(({}, {"minimum": low, "maximum": low + 3}, {"exclusiveMinimum": 0}))}


def boolean(rng: random.Random, depth: int) -> Schema:
    return {"type": "boolean"}


def null(rng: random.Random, depth: int) -> Schema:
    return {"type": "null"}


def enum(rng: random.Random, depth: int) -> Schema:
    return {"enum": rng.sample([*WORDS, 1, 2.5, -3, True, None, {"a": 1}, [1, "x"]], rng.randrange(1, 6))}


def const(rng: random.Random, depth: int) -> Schema:
    return {"const": rng.choice([*WORDS, 12, None, False, ["a", {"b": 2}]])}


def several_types(rng: random.Random, depth: int) -> Schema:
    return {"type": rng.sample(["string", "integer", "boolean", "null"], rng.randrange(2, 4)), "maxLength": 20}


def array(rng: random.Random, depth: int) -> Schema:
    low = rng.randrange(3)
    return {
        "type": "array",
        "items": any_of_these(rng, depth + 1),
        **rng.choice(({"maxItems": 4}, {"minItems": low, "maxItems": low + rng.randrange(3)})),
    }


def tuple_array(rng: random.Random, depth: int) -> Schema:
    parts = [any_of_these(rng, depth + 1) for _ in range(rng.randrange(1, 4))]
    return {"type": "array", "prefixItems": parts, "items": False, "minItems": len(parts)}


def record(rng: random.Random, depth: int) -> Schema:
    names = rng.sample(NAMES, rng.randrange(1, 5))
    return {
        "type": "object",
        "properties": {name: any_of_these(rng, depth + 1) for name in names},
        "required": rng.sample(names, rng.randrange(len(names) + 1)),
        "additionalProperties": False,
    }


def dictionary(rng: random.Random, depth: int) -> Schema:
    return {
        "type": "object",
        "properties": {"kind": const(rng, depth)},
        "required": ["kind"],
        "additionalProperties": any_of_these(rng, MAX_DEPTH),
    }


def pattern_properties(rng: random.Random, depth: int) -> Schema:
    return {
        "type": "object",
        "patternProperties": {"^x_": any_of_these(rng, MAX_DEPTH)},
        "additionalProperties": False,
    }


def any_of(rng: random.Random, depth: int) -> Schema:
    return {"anyOf": [any_of_these(rng, depth + 1) for _ in range(rng.randrange(2, 4))]}


def one_of(rng: random.Random, depth: int) -> Schema:
    def branch(kind: str) -> Schema:
        return {
            "type": "object",
            "properties": {"kind": {"const": kind}, "value": any_of_these(rng, depth + 1)},
            "required": ["kind", "value"],
            "additionalProperties": False,
        }

    return {"oneOf": [branch(kind) for kind in rng.sample(("cat", "dog", "bird"), 2)]}


def reference(rng: random.Random, depth: int) -> Schema:
    if depth > 0:  # definitions stand at the root
        return any_of_these(rng, MAX_DEPTH)
    part = any_of_these(rng, MAX_DEPTH)
    properties = {"first": {"$ref": "#/$defs/part"}, "second": {"$ref": "#/$defs/part"}}
    return {
        "$defs": {"part": part},
        "type": "object",
        "properties": properties,
        "required": ["first"],
        "additionalProperties": False,
    }


def recursion(rng: random.Random, depth: int) -> Schema:
    if depth > 0:
        return any_of_these(rng, MAX_DEPTH)
    children = {"type": "array", "items": {"$ref": "#/$defs/node"}, "maxItems": 2}
    node = {
        "type": "object",
        "properties": {"value": any_of_these(rng, MAX_DEPTH), "children": children},
        "required": ["value"],
        "additionalProperties": False,
    }
    return {"$defs": {"node": node}, "$ref": "#/$defs/node"}


PLAIN = (string, pattern, with_format, integer, number, boolean, null, enum, const, several_types)
KINDS = (*PLAIN, array, tuple_array, record, dictionary, pattern_properties, any_of, one_of, reference, recursion)
