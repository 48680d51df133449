"""Calls against the whole schema of their tool, and schemas that are at fault themselves."""

from __future__ import annotations

import logging

import pytest

from electron_local.chat.call_checks import CallChecks
from scripted_chat import client_of, create

FAULTS = [
    {"type": "float"},
    {"type": "any"},
    {"type": 5},
    {"multipleOf": 0},
    {"minimum": "x"},
    {"enum": 5},
    {"pattern": "("},
    {"required": 5},
    {"properties": []},
    {"anyOf": 5},
    {"not": {"type": "foo"}},
    {"if": {"multipleOf": 0}},
    {"$ref": "#/nope"},
    {"$ref": "http://["},
    {"$id": "http://[", "$ref": "a"},
    {"patternProperties": 5},
    {"dependentRequired": 5},
]


def tool_of(schema):
    parameters = {"type": "object", "properties": {"price": schema, "tags": {"uniqueItems": True}}}
    return {"type": "function", "function": {"name": "f", "parameters": parameters}}


@pytest.mark.parametrize("schema", FAULTS, ids=str)
@pytest.mark.parametrize("value", [1.5, "a", {"a": 1}, [1]], ids=str)
def test_a_schema_at_fault_raises_nothing(schema, value):
    assert CallChecks([tool_of(schema)])("f", {"price": value}) in (True, False)


@pytest.mark.parametrize("schema", [{"type": "float"}, {"type": "any"}, {"multipleOf": 0}], ids=str)
def test_a_call_of_a_tool_with_a_schema_at_fault(schema, caplog):
    """`uniqueItems` has the call checked afterwards."""
    reply = '<tool_call>\n{"name": "f", "arguments": {"price": 1.5}}\n</tool_call>'
    with caplog.at_level(logging.WARNING, "electron_local"):
        choice = create(client_of(reply), tools=[tool_of(schema)]).choices[0]
    assert choice.finish_reason == "tool_calls"
    assert choice.message.tool_calls[0].function.arguments == '{"price": 1.5}'
    assert any("its schema cannot be checked" in record.message for record in caplog.records)


def test_what_no_grammar_holds_is_checked():
    repeated = '<tool_call>\n{"name": "f", "arguments": {"tags": [1, 1]}}\n</tool_call>'
    assert create(client_of(repeated), tools=[tool_of({})]).choices[0].message.tool_calls is None
