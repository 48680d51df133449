"""Values and schemas that a model could choke on: each gets an answer or a clear 400, and the next request works."""

from __future__ import annotations

import functools
import math

import pytest

from electron_local.client import Electron
from electron_local.errors import BadRequestError, InvalidArgumentError

USER = {"role": "user", "content": "hi"}


@pytest.fixture(scope="module")
def client():
    with Electron() as client:
        yield client


def create(client, **fields):
    return client.chat.completions.create(
        **{"model": "electron", "messages": [USER], "max_tokens": 8, "temperature": 0, **fields}
    )


def nested(depth):
    return functools.reduce(lambda inner, _: {"type": "array", "items": inner}, range(depth), {"type": "string"})


def properties(n, schema):
    return {"type": "object", "properties": {f"property_{i}": schema for i in range(n)}}


SELF = {"$ref": "#"}
ENFORCED = {
    "a description of 1 MB": {**properties(1, {"type": "string"}), "description": "x" * 1_000_000},
    "an enum of 1 MB": {"enum": [f"value number {i}" for i in range(50_000)]},
    "one that recurs": {"type": "object", "properties": {"next": SELF}},
    "90 levels": nested(45),
    "a nested pattern": {"type": "string", "pattern": "((((a)+)+)+)+"},
    "a pattern repeated": {"type": "string", "pattern": "(a{1,1000}){1,1000}"},
    "a vast length": {"type": "string", "maxLength": 10**9},
    "a vast array": {"type": "array", "items": {"type": "integer"}, "maxItems": 10**9},
    "a bound of 400 digits": {"type": "integer", "maximum": 10**400},
    "odd names": {"type": "object", "properties": {"": {"type": "string"}, "\n": {"type": "string"}}},
}
REFUSED = {
    "20,000 properties": properties(20_000, {"type": "string"}),
    "3,000 that cannot be expressed": properties(3_000, {"not": {"type": "string"}}),
    "20,000 patterns with a mistake": properties(20_000, {"type": "string", "pattern": "("}),
    "a constant of 1 MB": {"const": "x" * 1_000_000},
    "a pattern of 1 MB": {"type": "string", "pattern": "a" * 1_000_000},
    "25,000 references": {
        "$defs": {f"d{i}": {"$ref": f"#/$defs/d{i + 1}"} for i in range(25_000)},
        "$ref": "#/$defs/d0",
    },
    "100 definitions of 90 levels": {
        "$defs": {f"d{i}": {**nested(40), "items": {"$ref": f"#/$defs/d{i + 1}"}} for i in range(400)},
        "$ref": "#/$defs/d0",
    },
    "branches of branches": functools.reduce(lambda inner, _: {"anyOf": [inner, inner]}, range(14), {"type": "string"}),
    "what is without end": {"type": "object", "properties": {"next": SELF}, "required": ["next"]},
    "itself": SELF,
    "a ring": {"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}, "$ref": "#/$defs/a"},
    "an unknown type": {"type": "banana"},
    "a type that is a number": {"type": 5},
    "a list with an unknown type": {"type": ["string", "banana"]},
    "properties in a list": {"type": "object", "properties": []},
    "required that is a string": {"type": "object", "properties": {"a": {}}, "required": "a"},
    "items that are a number": {"type": "array", "items": 5},
    "a reference that is a number": {"$ref": 5},
    "an empty enum": {"enum": []},
    "no branches": {"anyOf": []},
    "a contradiction": {"type": "string", "enum": [1]},
    "bounds the wrong way round": {"type": "integer", "minimum": 5, "maximum": 3},
    "a bound that leaves nothing": {"type": "integer", "minimum": 10**400},
    "a constant of 400 digits": {"const": 10**400},
    "a pattern with a mistake": {"type": "string", "pattern": "("},
    "500 levels": nested(500),
}


def response_format(schema):
    return {"type": "json_schema", "json_schema": {"name": "made", "schema": schema}}


@pytest.mark.parametrize("name", ENFORCED)
def test_schemas_that_are_enforced(client, name):
    assert create(client, response_format=response_format(ENFORCED[name])).choices[0].finish_reason in (
        "length",
        "stop",
    )


@pytest.mark.parametrize("name", REFUSED)
def test_schemas_that_are_refused(client, name):
    with pytest.raises(BadRequestError) as caught:
        create(client, response_format=response_format(REFUSED[name]))
    assert len(caught.value.message) < 400
    assert create(client).choices


@pytest.mark.parametrize("tool_choice", ["auto", "required"])
@pytest.mark.parametrize("name", REFUSED)
def test_any_tool_is_taken_or_refused_with_its_path(client, name, tool_choice):
    parameters = {"type": "object", "properties": {"x": REFUSED[name]}, "required": ["x"]}
    tools = [{"type": "function", "function": {"name": "probe", "parameters": parameters}}]
    try:
        assert create(client, tools=tools, tool_choice=tool_choice).choices
    except BadRequestError as error:
        assert error.code in ("context_length_exceeded", "too_big"), error.message
    assert create(client).choices


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("temperature", math.nan, "temperature is nan; must be between 0 and 2"),
        ("temperature", math.inf, "temperature is inf"),
        ("temperature", -0.1, "temperature is -0.1; must be between 0 and 2"),
        ("top_p", math.nan, "top_p is nan"),
        ("presence_penalty", math.nan, "presence_penalty is nan"),
        ("logit_bias", {5: math.nan}, "logit_bias\\[5\\] is nan"),
        ("seed", 2**63, "seed is 9223372036854775808"),
        ("seed", -(2**63) - 1, "seed is -9223372036854775809"),
        ("seed", 1.0, "seed must be an integer"),
        ("max_tokens", 2**40, "context"),
        ("messages", [USER] * 201, "messages has 201 messages; must be between 1 and 200"),
        ("tools", [{"type": "function", "function": {"name": f"f{i}"}} for i in range(65)], "tools has 65 tools"),
        ("stop", ["a"] * 5, "stop has 5 strings; at most 4"),
        ("messages", [{"role": "user", "content": "a" * 3_000_000}], "the context holds"),
    ],
)
def test_values_out_of_range(client, field, value, words):
    with pytest.raises(BadRequestError, match=words.replace("(", r"\(")):
        create(client, **{field: value})
    assert create(client).choices


@pytest.mark.parametrize("timeout", ["10", -1, math.nan, [1], 10**400])
def test_a_timeout_that_is_no_number_of_seconds_raises(client, timeout):
    with pytest.raises(BadRequestError, match="deadline_s"):
        create(client, timeout=timeout)
    assert create(client).choices[0].finish_reason in ("stop", "length")


@pytest.mark.parametrize("name", ["n_ctx", "n_threads", "cache_tokens"])
@pytest.mark.parametrize("value", [10**400, "9", 4096.5, True, 0])
def test_an_engine_of_no_such_size_is_refused(name, value):
    with pytest.raises(InvalidArgumentError, match=f"{name} must be a"):
        Electron(**{name: value})


@pytest.mark.parametrize("name", [10**400, [1], object()])
def test_a_conversation_needs_a_name(client, name):
    with pytest.raises(BadRequestError, match="conversation must be a name"):
        client.chat.completions.prefill(messages=[USER], conversation=name)
    assert create(client).choices


@pytest.mark.parametrize("depth", [100, 400, 700, 2000])
def test_calls_of_any_depth_may_stand_in_the_history(client, depth):
    arguments = '{"q": ' + "[" * depth + "]" * depth + "}"
    call = {"id": "a", "type": "function", "function": {"name": "f", "arguments": arguments}}
    messages = [
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "a", "content": "done"},
    ]
    try:
        answer = client.chat.completions.create(model="electron", messages=messages, max_tokens=4)
    except BadRequestError as error:  # too many tokens
        assert error.code == "context_length_exceeded"
    else:
        assert answer.choices[0].finish_reason in ("stop", "length")
