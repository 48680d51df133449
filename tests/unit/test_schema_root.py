"""Parameters that leave no room for an object are a 400 with their path."""

from __future__ import annotations

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
