"""Answers of the bundled model under hundreds of varied schemas: what ends by itself satisfies its schema."""

from __future__ import annotations

import json
from urllib.parse import quote

import jsonschema
import pytest

from electron_local import Electron
from electron_local.errors import BadRequestError
from schema_zoo import KINDS, schemas

LEAST_ENDED = 0.95
# A small model repeats itself without end in strings, names and numbers that a schema leaves open: many of these
# answers end because the limit is near.
MAX_TOKENS = 200


@pytest.fixture(scope="module")
def client():
    with Electron() as client:
        yield client


@pytest.mark.parametrize("n_schemas", [5 * len(KINDS), pytest.param(24 * len(KINDS), marks=pytest.mark.nightly)])
def test_answers_satisfy_varied_schemas(client, n_schemas):
    n_ended = 0
    for seed, schema in enumerate(schemas(n_schemas)):
        answer = client.chat.completions.create(
            model="electron",
            messages=[{"role": "user", "content": "a coffee for two"}],
            response_format={"type": "json_schema", "json_schema": {"name": "x", "strict": True, "schema": schema}},
            temperature=seed % 2,
            seed=seed,
            max_tokens=MAX_TOKENS,
        )
        choice = answer.choices[0]
        if choice.finish_reason == "stop":
            n_ended += 1
            check(json.loads(choice.message.content), schema)
    print(n_ended, "of", n_schemas)
    assert n_ended >= LEAST_ENDED * n_schemas


@pytest.mark.parametrize("n_schemas", [2 * len(KINDS), pytest.param(8 * len(KINDS), marks=pytest.mark.nightly)])
def test_arguments_satisfy_varied_schemas(client, n_schemas):
    n_ended = 0
    for seed, schema in enumerate(schemas(n_schemas, seed=2)):
        definitions = schema.pop("$defs", {})
        parameters = {"type": "object", "properties": {"value": schema}, "required": ["value"], "$defs": definitions}
        answer = client.chat.completions.create(
            model="electron",
            messages=[{"role": "user", "content": "note a coffee for two"}],
            tools=[{"type": "function", "function": {"name": "take_note", "parameters": parameters, "strict": True}}],
            tool_choice="required",
            parallel_tool_calls=False,
            temperature=seed % 2,
            seed=seed,
            max_tokens=MAX_TOKENS,
        )
        choice = answer.choices[0]
        if choice.finish_reason == "tool_calls":
            n_ended += 1
            for call in choice.message.tool_calls:
                check(json.loads(call.function.arguments), parameters)
    print(n_ended, "of", n_schemas)
    assert n_ended >= LEAST_ENDED * n_schemas


def check(value: object, schema: dict) -> None:
    """Formats too, those that jsonschema knows without further packages."""
    validator = jsonschema.Draft202012Validator
    validator(schema, format_checker=validator.FORMAT_CHECKER).validate(value)


def answered(client, schema, **fields):
    return client.chat.completions.create(
        model="electron",
        messages=[{"role": "user", "content": "a coffee for two"}],
        response_format={"type": "json_schema", "json_schema": {"name": "x", "strict": True, "schema": schema}},
        max_tokens=MAX_TOKENS,
        temperature=0,
        **fields,
    ).choices[0]


@pytest.mark.parametrize("value", [-(2**63), {"a": [-(2**63)]}, 175928847299117063, 123456789.12345679])
def test_numbers_that_cannot_be_kept_are_refused_with_their_place(client, value):
    with pytest.raises(BadRequestError, match="const"):
        answered(client, {"type": "object", "properties": {"a": {"const": value}}, "required": ["a"]})


@pytest.mark.parametrize("value", [-(2**63), 175928847299117063])
def test_a_tools_number_that_cannot_be_kept_is_not_enforced(client, value):
    parameters = {"type": "object", "properties": {"n": {"type": "integer", "enum": [value]}}, "required": ["n"]}
    tool = {"type": "function", "function": {"name": "take_note", "parameters": parameters}}
    answer = client.chat.completions.create(
        model="electron", messages=[{"role": "user", "content": "note it"}], tools=[tool], tool_choice="required"
    )
    assert isinstance(json.loads(answer.choices[0].message.tool_calls[0].function.arguments)["n"], int)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "integer", "minimum": -(2**63), "maximum": 2**63 - 1},
        {"type": "integer", "minimum": -(2**63), "maximum": -(2**63) + 5000},
        {"type": "integer", "minimum": 10**18 + 1, "maximum": 10**18 + 300},
        {"type": "number", "minimum": -1e20, "maximum": -1e18},
    ],
)
def test_bounds_as_wide_as_64_bits_hold(client, schema):
    for seed in range(4):
        choice = answered(client, schema, seed=seed)
        assert choice.finish_reason == "stop"
        check(json.loads(choice.message.content), schema)


@pytest.mark.parametrize("name", ["List<Größe>", "a b", "100%", "x/y~z"])
@pytest.mark.parametrize("is_encoded", [True, False])
def test_definitions_of_any_name_can_be_referred_to(client, name, is_encoded):
    pointer = name.replace("~", "~0").replace("/", "~1")
    if "%" in name or is_encoded:
        pointer = quote(pointer, safe="~")
    inner = {"type": "object", "properties": {"x": {"type": "integer", "maximum": 9}}, "required": ["x"]}
    schema = {
        "type": "object",
        "properties": {"a": {"$ref": f"#/$defs/{pointer}"}},
        "required": ["a"],
        "$defs": {name: inner},
    }
    assert answered(client, schema).finish_reason == "stop"
    check(json.loads(answered(client, schema).message.content)["a"], inner)


def test_more_members_than_are_named_can_be_asked_for(client):
    schema = {"type": "object", "properties": {"a": {"type": "null"}}, "required": ["a"], "minProperties": 2}
    assert len(json.loads(answered(client, schema).message.content)) >= 2


def test_members_of_any_names_cannot_be_counted(client):
    with pytest.raises(BadRequestError, match="minProperties"):
        answered(client, {"type": "object", "additionalProperties": {"type": "integer"}, "minProperties": 3})
