"""Schemas that a grammar cannot express in full: what is left out, and what is kept."""

from __future__ import annotations

import json

import pytest

from electron_local.chat import schema_branches
from electron_local.chat.grammars import close_objects, json_calls_rule, json_schema_grammar
from electron_local.chat.schema import relax_schema
from electron_local.chat.schema_branches import Comparison


def left_out(schema: dict, **kwargs) -> list[tuple]:
    return [path for path, _ in relax_schema(schema, **kwargs).left_out]


@pytest.mark.parametrize(
    "schema",
    [
        {},
        {"type": "object", "properties": {"not": {"type": "string"}, "if": {}}, "required": ["not"]},
        {"enum": [{"not": 1}, "uniqueItems"]},
        {"const": {"if": 1}},
        {"type": "integer", "format": "int32"},
        {"type": "string", "format": "date-time", "pattern": r"^\d{4}\\1"},
        {"$ref": "#/$defs/a", "$defs": {"a": {"type": "array", "items": {"$ref": "#"}}}},
        {"properties": {"a": {}}, "required": ["a"], "minProperties": 1},
        {"default": {"not": {}}, "x-mine": {"not": {}}},
    ],
)
def test_what_can_be_enforced_stays(schema: dict) -> None:
    assert relax_schema(schema) == (schema, ())


@pytest.mark.parametrize(
    ("schema", "path", "relaxed"),
    [
        ({"type": "string", "not": {"const": "a"}}, ("not",), {"type": "string"}),
        ({"items": {"uniqueItems": True}}, ("items", "uniqueItems"), {"items": {}}),
        ({"properties": {"a": {"format": "iri"}}}, ("properties", "a", "format"), {"properties": {"a": {}}}),
        ({"anyOf": [{}, {"pattern": "(?=a)b"}]}, ("anyOf", 1, "pattern"), {"anyOf": [{}, {}]}),
        ({"pattern": r"\bfoo"}, ("pattern",), {}),
        ({"$ref": "http://example.com/a"}, ("$ref",), {}),
        ({"$ref": "#/$defs/b", "$defs": {"a": {}}}, ("$ref",), {"$defs": {"a": {}}}),
        (
            {"properties": {"a": {}}, "minProperties": 1},
            ("minProperties",),
            {"properties": {"a": {}}},
        ),
        (
            {"oneOf": [{"type": "number"}, {"type": "integer"}]},
            ("oneOf",),
            {"anyOf": [{"type": "number"}, {"type": "integer"}]},
        ),
    ],
)
def test_what_cannot_be_enforced_is_left_out(schema: dict, path: tuple, relaxed: dict) -> None:
    result = relax_schema(schema)
    assert [left.path for left in result.left_out] == [path]
    assert result.schema == relaxed


@pytest.mark.parametrize(
    ("schema", "low", "high"),
    [
        ({"type": "number", "exclusiveMinimum": 0, "maximum": 0.5}, 0.0, 0.5),
        ({"type": ["number", "null"], "minimum": -0.5, "exclusiveMaximum": 0}, -0.5, 0.0),
        ({"exclusiveMinimum": 2e10, "maximum": 2e10 + 1}, 2e10, 2e10 + 1),
        ({"minimum": 0, "exclusiveMinimum": 1, "exclusiveMaximum": 1.25}, 1.0, 1.25),
    ],
)
def test_open_bounds_that_lie_close_together_are_closed_inside(schema: dict, low: float, high: float) -> None:
    relaxed = relax_schema(schema).schema
    assert not {"exclusiveMinimum", "exclusiveMaximum"} & set(relaxed)
    for key, edge in (("minimum", low), ("maximum", high)):
        is_open = any(schema.get(f"exclusive{key.title()}") == edge for key in (key,))
        assert (abs(relaxed[key] - edge) < 1e-5) and low <= relaxed[key] <= high
        assert (relaxed[key] == edge) is not is_open


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "integer", "exclusiveMinimum": 0, "maximum": 1},
        {"type": "number", "exclusiveMinimum": 0, "maximum": 5},
        {"type": "number", "minimum": 0, "maximum": 0.5},
        {"type": "number", "exclusiveMinimum": 0},
        {"type": "integer", "multipleOf": 4096, "minimum": 1, "maximum": 10**9},
        {"type": "integer", "multipleOf": 5000, "minimum": 0},
        {"type": "number", "multipleOf": 0.001, "minimum": 0, "maximum": 10**6},
        {"type": "number", "exclusiveMinimum": True, "maximum": 0.5, "minimum": 0},
        {"type": "integer", "multipleOf": 86400},
    ],
)
def test_other_bounds_stay(schema: dict) -> None:
    assert relax_schema(schema) == (schema, ())


def test_a_large_divisor_beside_bounds_is_left_out() -> None:
    schema = {"type": "integer", "multipleOf": 86400, "minimum": 1, "maximum": 10**9}
    assert left_out(schema) == [("multipleOf",)]
    assert relax_schema(schema).schema == {"type": "integer", "minimum": 1, "maximum": 10**9}


def test_keywords_without_effect_go_silently() -> None:
    schema = {"uniqueItems": False, "minLength": 3.0, "$schema": "mine", "x-guidance": {"lenient": True}}
    assert relax_schema(schema) == ({"minLength": 3}, ())


def test_the_schema_given_is_not_changed() -> None:
    schema = {"items": {"uniqueItems": True}, "oneOf": [{"type": "null"}], "anyOf": [{}], "allOf": [{}]}
    before = json.dumps(schema)
    assert relax_schema(schema).schema["allOf"] == [{"anyOf": [{"type": "null"}]}, {}]
    assert json.dumps(schema) == before


@pytest.mark.parametrize(
    ("branches", "disjoint"),
    [
        ([{"type": "string"}, {"type": ["null", "object"]}], True),
        ([{"enum": [1, 2]}, {"const": 3}], True),
        ([{"enum": [1, 2]}, {"const": 2.0}], False),
        ([{"const": 1}, {"const": True}], True),
        ([{"type": "string"}, {}], False),
        ([{"$ref": "#/$defs/cat"}, {"$ref": "#/$defs/dog"}], True),
        ([{"$ref": "#/$defs/cat"}, {"$ref": "#/$defs/cat"}], False),
        ([{"$ref": "#/$defs/loop"}, {"type": "string"}], False),
    ],
)
def test_branches_that_exclude_each_other(branches: list, disjoint: bool) -> None:
    def animal(kind: str) -> dict:
        return {"type": "object", "properties": {"kind": {"const": kind}}, "required": ["kind"]}

    root = {"$defs": {"cat": animal("cat"), "dog": animal("dog"), "loop": {"$ref": "#/$defs/loop"}}}
    assert Comparison(root).are_disjoint(branches) is disjoint


def test_constants_are_read_once_however_many_branches(monkeypatch) -> None:
    read = []
    monkeypatch.setattr(schema_branches, "canonical_text", lambda value: read.append(value) or value)
    branches = [{"enum": [f"{i} {j}" for j in range(20)]} for i in range(250)]
    assert left_out({"oneOf": branches}) == []
    assert len(read) == 250 * 20
    branches[-1]["enum"].append("0 0")
    assert left_out({"oneOf": branches}) == [("oneOf",)]
    kinds = [{"properties": {"a": branch}, "required": ["a"], "type": "object"} for branch in branches[:-1]]
    assert left_out({"oneOf": kinds}) == []
    assert len(read) == 2 * 250 * 20 + 1 + 249 * 20


def test_too_many_comparisons_tell_nothing() -> None:
    """Each pair of branches has 40 properties to look at, each of these 40 of its own, and so on down."""

    def level(i: int, title: str = "") -> dict:
        parts = {f"p{j}": {"$ref": f"#/$defs/{title}{i + 1}"} for j in range(40)}
        return {"type": "object", "title": title, "properties": parts, "required": list(parts)}

    definitions = {f"{title}{i}": level(i, title) for title in "ab" for i in range(1, 6)}
    definitions |= {"a6": {"type": "string"}, "b6": {"type": "string"}}
    rows = {str(i): {"oneOf": [level(0, "a"), level(0, "b")]} for i in range(100)}
    paths = left_out({"properties": rows, "$defs": definitions})
    assert paths == [("properties", str(i), "oneOf") for i in range(100)]


def refuses_contradictions(schema: dict) -> str | None:
    """Stands in for the grammar library: `bad` as a type, and a maximum under the minimum."""
    text = json.dumps(schema)
    if '"bad"' in text:
        return "Invalid type: bad"
    if '"minimum": 5' in text and '"maximum": 1' in text:
        return "minimum (5) is greater than maximum (1)"
    return None


def test_the_library_is_asked_for_the_rest() -> None:
    schema = {
        "type": "object",
        "properties": {"a": {"type": "bad"}, "b": {"minimum": 5, "maximum": 1, "title": "b"}, "c": {"type": "null"}},
    }
    result = relax_schema(schema, refuses_contradictions)
    assert result.left_out == (
        (("properties", "a", "type"), "Invalid type: bad"),
        (("properties", "b"), "minimum (5) is greater than maximum (1)"),
    )
    assert result.schema["properties"] == {"a": {}, "b": {}, "c": {"type": "null"}}


def test_a_path_names_the_keyword_that_was_given() -> None:
    schema = {"oneOf": [{"type": "null"}, {"type": "string", "items": {"type": "bad"}}]}
    assert left_out(schema, refusal=refuses_contradictions) == [("oneOf", 1, "items", "type")]


def test_a_schema_that_stays_refused_becomes_any_object() -> None:
    result = relax_schema({"type": "array"}, lambda schema: "too large" if "type" in schema else None)
    assert result.left_out[-1].reason == "too large"
    assert relax_schema({"title": "x"}, lambda schema: "no").schema == {"type": "object"}


def test_objects_are_closed_where_that_is_safe() -> None:
    inner = {"type": "object", "properties": {"b": {}}}
    assert close_objects({"properties": {"a": inner}}) == {
        "properties": {"a": {**inner, "additionalProperties": False}},
        "additionalProperties": False,
    }
    for schema in (
        {"allOf": [inner, {"properties": {"c": {}}}]},
        {"properties": {"a": {}}, "anyOf": [inner]},
        {"properties": {"a": {}}, "additionalProperties": {"type": "string"}},
        {"properties": {"a": {}}, "required": ["z"]},
        {"properties": {}},
    ):
        assert close_objects(schema) == schema


def test_references_of_a_tool_follow_it_into_the_grammar() -> None:
    node = {"type": "object", "properties": {"next": {"$ref": "#"}, "x": {"$ref": "#/$defs/x"}}, "$defs": {"x": {}}}
    schema = json.loads(json_calls_rule({"first": {}, "second": node}).removeprefix("call: %json "))
    moved = schema["$defs"]["1"]["properties"]
    assert (moved["next"]["$ref"], moved["x"]["$ref"]) == ("#/$defs/1", "#/$defs/1/$defs/x")
    assert [branch["properties"]["name"]["const"] for branch in schema["anyOf"]] == ["first", "second"]


def test_a_schema_cannot_set_the_spacing() -> None:
    text = json_schema_grammar({"type": "string", "x-guidance": {"lenient": True}}).text
    assert "lenient" not in json.loads(text)["x-guidance"]


@pytest.mark.parametrize("required", [[{}], ["a", ["b"]], [None], 5, "a"], ids=str)
def test_what_is_no_list_of_names_requires_nothing(required) -> None:
    """The library refuses the keyword then; no name of it counts."""
    schema = {"type": "object", "properties": {"a": {}, "b": {}}, "required": required, "minProperties": 1}
    assert left_out(schema) == [("minProperties",)]
    assert close_objects({**schema, "$defs": {"unused": schema}})["required"] == required
    refused = relax_schema(schema, lambda given: "no names" if "required" in given else None)
    assert refused.left_out[1] == (("required",), "no names") and "required" not in refused.schema
