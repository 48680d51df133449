"""Parameters that leave no room for an object are a 400 with their path."""

from __future__ import annotations

import itertools

import pytest

from electron_local.chat.request import Served, parse_chat_request
from electron_local.chat.schema_root import may_be_object
from electron_local.errors import BadRequestError

WITHOUT_OBJECTS = [
    {"type": "string"},
    {"type": ["array", "null"]},
    {"type": []},
    {"const": 7},
    {"enum": ["a", 1, None]},
    {"anyOf": [{"type": "string"}, {"const": None}]},
    {"oneOf": [False, {"type": "integer"}]},
    {"allOf": [{"type": "object"}, {"type": "string"}]},
    {"$ref": "#/$defs/name", "$defs": {"name": {"type": "string"}}},
]
WITH_OBJECTS = [
    {},
    {"type": "object"},
    {"type": ["string", "object"]},
    {"const": {"a": 1}},
    {"enum": ["a", {}]},
    {"anyOf": [{"type": "string"}, {"properties": {}}]},
    {"anyOf": []},
    {"allOf": [{"type": "object"}, {"required": ["a"]}]},
    {"$ref": "#"},
    {"$ref": "#/nowhere"},
    {"$ref": "https://elsewhere.example/schema"},
    {"type": 7},
]


@pytest.mark.parametrize("schema", WITHOUT_OBJECTS, ids=str)
def test_a_tool_whose_parameters_allow_no_object(schema):
    tool = {"type": "function", "function": {"name": "stop", "parameters": schema}}
    body = {"model": "electron", "messages": [{"role": "user", "content": "Hi"}], "tools": [tool]}
    with pytest.raises(BadRequestError, match=r"tools\[0\].function.parameters allows no object") as refused:
        parse_chat_request(body, Served(("electron",), 100))
    assert refused.value.details[0]["path"] == ["tools", 0, "function", "parameters"]


@pytest.mark.parametrize("schema", WITH_OBJECTS, ids=str)
def test_schemas_with_room_for_one(schema):
    assert may_be_object(schema)


@pytest.mark.parametrize(("key", "has_room"), [("allOf", True), ("anyOf", False), ("oneOf", False)])
def test_many_references_to_the_same_place_are_followed_once(key, has_room):
    """One by one it would take years. Those of the `allOf` lead in a circle."""
    names = [*map(str, range(7)), "0" if has_room else "last"]
    definitions = {name: {key: [{"$ref": f"#/$defs/{after}"}] * 40} for name, after in itertools.pairwise(names)}
    schema = {"$ref": "#/$defs/0", "$defs": {"last": {"type": "string"}, **definitions}}
    assert may_be_object(schema) is has_room


def test_references_that_lead_through_each_other_are_followed_once():
    names = [f"d{i}" for i in range(40)]
    definitions = {name: {"allOf": [{"$ref": f"#/$defs/{other}"} for other in names]} for name in names}
    assert may_be_object({"$ref": "#/$defs/d0", "$defs": definitions})
    definitions["d39"]["type"] = "string"
    assert not may_be_object({"$ref": "#/$defs/d0", "$defs": definitions})
