"""Schemas whose values would hold themselves without end: the references that are dropped, and those that stay."""

from __future__ import annotations

import copy

import pytest

from electron_local.chat.schema import relax_schema
from electron_local.chat.schema_endless import ENDLESS, drop_endless

SELF = {"$ref": "#"}
NODE = {"type": "object", "properties": {"next": {"$ref": "#/$defs/node"}, "n": {}}, "required": ["n", "next"]}


def holds(inner, **more):
    return {"type": "object", "properties": {"v": inner}, "required": ["v"], **more}


@pytest.mark.parametrize(
    ("schema", "paths"),
    [
        (SELF, [("$ref",)]),
        (holds(SELF), [("properties", "v", "$ref")]),
        (holds(holds(SELF)), [("properties", "v", "properties", "v", "$ref")]),
        (holds({"type": "array", "items": SELF, "minItems": 1}), [("properties", "v", "items", "$ref")]),
        (
            holds({"type": "array", "prefixItems": [{}, SELF], "minItems": 2}),
            [("properties", "v", "prefixItems", 1, "$ref")],
        ),
        (holds({"anyOf": [SELF, {"$ref": "#"}]}), [("properties", "v", "anyOf", 0, "$ref")]),
        (holds({"allOf": [{}, SELF]}), [("properties", "v", "allOf", 1, "$ref")]),
        (
            {"type": "object", "additionalProperties": SELF, "required": ["a"]},
            [("additionalProperties", "$ref")],
        ),
        (
            {"type": "object", "additionalProperties": SELF, "minProperties": 1},
            [("additionalProperties", "$ref")],
        ),
        (
            holds({"$ref": "#/$defs/node"}, **{"$defs": {"node": NODE}}),
            [("$defs", "node", "properties", "next", "$ref")],
        ),
        (
            {"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}, "properties": {"a": {}}},
            [("$defs", "a", "$ref")],
        ),
    ],
    ids=str,
)
def test_references_without_end_are_dropped(schema, paths):
    changed = copy.deepcopy(schema)
    assert drop_endless(changed) == paths
    assert drop_endless(changed) == []


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "properties": {"next": SELF}},
        holds({"anyOf": [SELF, {"type": "null"}]}),
        holds({"type": "array", "items": SELF}),
        holds({"type": ["array", "string"], "items": SELF, "minItems": 1}),
        holds(SELF, const={"v": 1}),
        {"properties": {"v": SELF}, "required": ["v"]},  # a string will do
        {"$ref": "#/nowhere"},
        {"$ref": "#anchor"},
        {"type": "object", "required": [5], "minProperties": "x", "properties": [], "allOf": 5},
    ],
    ids=str,
)
def test_references_that_can_end_stay(schema):
    before = copy.deepcopy(schema)
    assert drop_endless(schema) == [] and schema == before


def test_a_relaxed_schema_names_them_as_given():
    schema = holds({"oneOf": [{"type": "object", **holds(SELF)}]})
    path = ("properties", "v", "oneOf", 0, "properties", "v", "$ref")
    assert relax_schema(schema).left_out == ((path, ENDLESS),)


def test_many_are_dropped_together():
    names = [f"p{i}" for i in range(2_000)]
    schema = {"type": "object", "properties": {name: dict(SELF) for name in names}, "required": names}
    assert len(drop_endless(schema)) == len(names)
    assert drop_endless(schema) == []
