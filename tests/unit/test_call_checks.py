"""Calls against the whole schema of their tool, and schemas that are at fault themselves."""

from __future__ import annotations

import logging
import urllib.request

import pytest

from electron_local.chat.call_checks import CallChecks
from scripted_chat import client_of, create, joined, stream

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
    CallChecks([tool_of(schema)])("f", {"price": value})


@pytest.mark.parametrize("schema", [{"type": "float"}, {"type": "any"}, {"multipleOf": 0}], ids=str)
def test_a_call_of_a_tool_with_a_schema_at_fault(schema, caplog):
    """`uniqueItems` has the call checked afterwards."""
    reply = '<tool_call>\n{"name": "f", "arguments": {"price": 1.5}}\n</tool_call>'
    with caplog.at_level(logging.WARNING, "electron_local"):
        choice = create(client_of(reply), tools=[tool_of(schema)]).choices[0]
    assert choice.finish_reason == "tool_calls"
    assert choice.message.tool_calls[0].function.arguments == '{"price": 1.5}'
    assert any("its schema cannot be checked" in record.message for record in caplog.records)


REPEATED = '<tool_call>\n{"name": "f", "arguments": {"tags": [1, 1]}}\n</tool_call>'


@pytest.mark.parametrize("tool_choice", ["auto", "required", {"type": "function", "function": {"name": "f"}}], ids=str)
def test_a_call_that_breaks_its_schema_is_a_call_with_a_warning(tool_choice, caplog):
    with caplog.at_level(logging.WARNING, "electron_local"):
        choice = create(client_of(REPEATED), tools=[tool_of({})], tool_choice=tool_choice).choices[0]
    (call,) = choice.message.tool_calls
    assert (choice.finish_reason, choice.message.content) == ("tool_calls", None)
    assert (call.function.name, call.function.arguments) == ("f", '{"tags": [1, 1]}')
    assert "tool f: the arguments of a call break its schema at properties.tags.uniqueItems" in caplog.messages


def test_such_a_call_is_streamed_as_one():
    chunks = stream(client_of("One moment.\n" + REPEATED, n_chars=3), tools=[tool_of({})])
    message = joined(chunks)
    (call,) = message["tool_calls"]
    assert message["content"] == "One moment." and chunks[-1].choices[0].finish_reason == "tool_calls"
    assert (call["name"], call["arguments"]) == ("f", '{"tags": [1, 1]}')


def test_a_call_that_keeps_to_its_schema_warns_of_nothing(caplog):
    with caplog.at_level(logging.WARNING, "electron_local"):
        create(client_of(REPEATED.replace("[1, 1]", "[1, 2]")), tools=[tool_of({})])
    assert not any("break its schema" in message for message in caplog.messages)


@pytest.mark.parametrize("address", ["http://127.0.0.1:9/schema", "file:///etc/hostname"])
def test_nothing_outside_the_schema_is_fetched(address, monkeypatch):
    fetched = []
    monkeypatch.setattr(urllib.request, "urlopen", fetched.append)
    monkeypatch.setattr("socket.socket.connect", lambda self, place: fetched.append(place))
    CallChecks([tool_of({"$ref": address})])("f", {"price": 1.5})
    assert fetched == []


def test_the_warning_holds_no_argument(caplog):
    schema = {"properties": {"name": {"not": {"const": "Ada Lovelace"}}}}
    with caplog.at_level(logging.WARNING, "electron_local"):
        CallChecks([tool_of(schema)])("f", {"price": {"name": "Ada Lovelace"}})
    assert caplog.messages == [
        "tool f: the arguments of a call break its schema at properties.price.properties.name.not"
    ]


def test_what_nothing_checks_is_named_and_the_call_is_streamed(caplog):
    """A look-ahead is in no grammar, and no pattern is run on the arguments."""
    reply = '<tool_call>\n{"name": "f", "arguments": {"s": "' + "a" * 60 + '!"}}\n</tool_call>'
    parameters = {"type": "object", "properties": {"s": {"type": "string", "pattern": "^(?=a)(a+)+$"}}}
    tool = {"type": "function", "function": {"name": "f", "parameters": parameters}}
    with caplog.at_level(logging.WARNING, "electron_local"):
        chunks = stream(client_of(reply), tools=[tool])
    assert len([chunk for chunk in chunks if chunk.choices[0].delta.tool_calls]) > 10
    assert [message.split(": look-around")[0] for message in caplog.messages] == [
        "tool f: neither enforced nor checked: properties.s.pattern"
    ]


def test_a_call_that_takes_too_long_to_check_is_a_call(caplog):
    levels = {f"d{i}": {"allOf": [{"$ref": f"#/$defs/d{i + 1}"}] * 2} for i in range(40)}
    parameters = {"type": "object", "$ref": "#/$defs/d0", "$defs": {**levels, "d40": {"not": {"required": ["a"]}}}}
    tool = {"type": "function", "function": {"name": "f", "parameters": parameters}}
    with caplog.at_level(logging.WARNING, "electron_local"):
        choice = create(client_of(REPEATED), tools=[tool]).choices[0]
    assert choice.finish_reason == "tool_calls"
    assert "tool f: its schema cannot be checked: RuntimeError('checking takes too long')" in caplog.messages
