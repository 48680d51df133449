"""How deep references lead: bounds that hold, and no schema that makes finding them slow or deep."""

from __future__ import annotations

import pytest

from electron_local.chat.schema import relax_schema
from electron_local.chat.schema_depth import MAX_LEVELS, levels_of


def nested(inner, depth):
    for _ in range(depth):
        inner = {"items": inner}
    return inner


def chain(n, depth=0):
    definitions = {f"d{i}": nested({"$ref": f"#/$defs/d{i + 1}"}, depth) for i in range(n)}
    return {"$defs": {**definitions, f"d{n}": {"type": "string"}}, "$ref": "#/$defs/d0"}


@pytest.mark.parametrize(
    ("schema", "levels"),
    [
        ({}, 1),
        ({"type": "string"}, 1),
        (nested({}, 9), 10),
        ({"$ref": "#"}, 1),
        ({"$ref": "https://example.org/schema"}, 1),
        ({"$ref": 5}, 1),
        ({"anyOf": [{"$ref": "#/nowhere"}]}, 3),
        ({"a": {"$ref": "#/b"}, "b": nested({}, 5)}, 8),
        (chain(10), 13),
    ],
)
def test_levels(schema, levels):
    assert levels_of(schema) == levels


def test_shared_definitions_count_once_a_way():
    leaf = {"type": "object", "properties": {"x": {"type": "string"}}}
    wide = {"properties": {f"p{i}": {"$ref": "#/$defs/leaf"} for i in range(400)}, "$defs": {"leaf": leaf}}
    assert levels_of(wide) == 6


def test_rings_count_in_full():
    ring = {
        "$defs": {"a": nested({"$ref": "#/$defs/b"}, 3), "b": nested({"$ref": "#/$defs/a"}, 4)},
        "$ref": "#/$defs/a",
    }
    assert levels_of(ring) >= 4 + 5


@pytest.mark.parametrize("schema", [chain(25_000), chain(100, 90), chain(MAX_LEVELS + 1)], ids=["long", "deep", "just"])
def test_what_leads_too_deep_is_left_out_whole(schema):
    relaxed, left_out = relax_schema(schema, lambda _: pytest.fail("it must not be compiled"))
    assert relaxed == {"type": "object"}
    assert [each.path for each in left_out] == [()] and "more than 500 levels" in left_out[0].reason


def test_long_texts_are_left_out():
    schema = {"properties": {"a": {"const": "x" * 10_001}, "b": {"enum": ["x", "y" * 10_001]}, "c": {"const": "x"}}}
    relaxed, left_out = relax_schema(schema)
    assert [each.path for each in left_out] == [("properties", "a", "const"), ("properties", "b", "enum")]
    assert relaxed["properties"] == {"a": {}, "b": {}, "c": {"const": "x"}}


def test_the_search_for_what_is_refused_ends():
    compiled = []
    schema = {"properties": {f"p{i}": {"type": "string", "pattern": "("} for i in range(20_000)}}

    def refusal(part):
        compiled.append(part)
        return "no" if "pattern" in str(part) else None

    relaxed, left_out = relax_schema(schema, refusal)
    assert relaxed == {"type": "object"} and left_out[-1].path == ()
    assert len(compiled) <= 250
