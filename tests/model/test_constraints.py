"""Answers that keep to a form, on the bundled model: JSON, schemas, forced and checked tool calls."""

from __future__ import annotations

import json
import logging

import jsonschema
import pytest

from electron_local.client import Electron
from electron_local.demo.agent import INSTRUCTIONS, TOOLS
from electron_local.engine import Engine, EngineOptions, SamplingParams
from electron_local.errors import BadRequestError, InvalidArgumentError
from electron_local.grammar import Constraint, Grammar
from electron_local.model_files import bundled_model

SCHEMAS = [
    {"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer"}}, "required": ["city"]},
    {"type": "object", "properties": {"on": {"type": "boolean"}, "level": {"type": "number", "minimum": 0}}},
    {"type": "array", "items": {"enum": ["red", "green", 3, None]}, "minItems": 1, "maxItems": 3},
    {"anyOf": [{"type": "string", "maxLength": 8}, {"type": "object", "properties": {"a": {"type": "null"}}}]},
    {"$defs": {"n": {"type": "object", "properties": {"next": {"$ref": "#/$defs/n"}}}}, "$ref": "#/$defs/n"},
    {"type": "object", "patternProperties": {"^x": {"type": "integer"}}, "additionalProperties": False},
]


@pytest.fixture(scope="module")
def client():
    with Electron() as client:
        yield client


def ask(client, text, **kwargs):
    messages = [{"role": "system", "content": INSTRUCTIONS}, {"role": "user", "content": text}]
    return client.chat.completions.create(**{"model": "electron", "messages": messages, "temperature": 0, **kwargs})


def test_a_used_state_forgets_the_masks_of_the_answer_before():
    """Both answers ask for a mask once, behind the same letter, as deep in the grammar."""
    grammar = Grammar("lark", 'start: "a" TEXT "x" | "b" TEXT "y"\nTEXT: /m[m-p]{0,2}/')
    with Engine(bundled_model()) as engine:
        for first, last in ("ax", "by", "ax"):
            wished = {first: 90.0, "m": 70.0, "q": 60.0, "x": 50.0, "y": 50.0}  # in this order: each loses its bias
            bias = {engine.tokenize(f"1{letter}")[-1]: weight for letter, weight in wished.items()}
            params = SamplingParams(temperature=0, logit_bias=bias, repeat_penalty=100.0)
            answer = engine.submit(engine.tokenize("0"), params, constraint=Constraint(grammar))
            assert "".join(event.text for event in answer) == f"{first}m{last}"


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("schema", SCHEMAS, ids=range(len(SCHEMAS)))
def test_answers_satisfy_their_schema(client, schema, seed):
    response_format = {"type": "json_schema", "json_schema": {"name": "x", "strict": True, "schema": schema}}
    answer = ask(client, "say", response_format=response_format, temperature=1, seed=seed, max_tokens=300)
    assert answer.choices[0].finish_reason == "stop"
    jsonschema.validate(json.loads(answer.choices[0].message.content), schema)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "integer", "multipleOf": 15},
        {"type": "integer", "multipleOf": 100},
        {"type": "number", "exclusiveMinimum": 0},
        {"type": "string", "pattern": "z$"},
        {"type": "string", "pattern": r"^\(.*\)$"},
        {"type": "string", "pattern": "^[a-z]{3,}-[0-9]{4}$"},
    ],
)
def test_what_only_some_characters_end_ends_in_time(client, schema):
    whole = {"type": "object", "properties": {"v": schema}, "required": ["v"], "additionalProperties": False}
    response_format = {"type": "json_schema", "json_schema": {"name": "x", "strict": True, "schema": whole}}
    for seed in range(3):
        answer = ask(client, "say", response_format=response_format, temperature=1, seed=seed, max_tokens=120)
        assert answer.choices[0].finish_reason == "stop"
        jsonschema.validate(json.loads(answer.choices[0].message.content), whole)


def test_json_object_is_an_object(client):
    answer = ask(client, "say", response_format={"type": "json_object"}, max_tokens=300)
    assert answer.choices[0].finish_reason == "stop"
    assert isinstance(json.loads(answer.choices[0].message.content), dict)


def test_required_calls_at_once(client):
    message = ask(client, "hello", tools=TOOLS, tool_choice="required").choices[0].message
    assert message.content is None
    assert message.tool_calls


def test_a_named_tool_is_called(client):
    choice = {"type": "function", "function": {"name": "set_timer"}}
    answer = ask(client, "hello", tools=TOOLS, tool_choice=choice, parallel_tool_calls=False)
    (call,) = answer.choices[0].message.tool_calls
    assert call.function.name == "set_timer"
    assert isinstance(json.loads(call.function.arguments)["minutes"], int)
    assert answer.choices[0].finish_reason == "tool_calls"


def test_none_calls_nothing(client):
    message = ask(client, "set a timer for five minutes", tools=TOOLS, tool_choice="none").choices[0].message
    assert message.tool_calls is None
    assert "<tool_call>" not in (message.content or "")


@pytest.mark.parametrize("seed", range(10))
def test_arguments_always_satisfy_the_schema(client, seed):
    schemas = {tool["function"]["name"]: tool["function"]["parameters"] for tool in TOOLS}
    message = ask(client, "two large", tools=TOOLS, tool_choice="required", temperature=2, seed=seed).choices[0].message
    assert message.tool_calls
    for call in message.tool_calls:
        jsonschema.validate(json.loads(call.function.arguments), schemas[call.function.name])


@pytest.mark.parametrize("tool_choice", ["auto", "required"])
def test_what_no_grammar_expresses_is_checked_afterwards_and_named(client, caplog, tool_choice):
    parameters = {
        "type": "object",
        "properties": {"minutes": {"type": "integer", "not": {"const": 5}}},
        "required": ["minutes"],
    }
    function = {"name": "set_timer", "description": f"Its grammar is made for {tool_choice}", "parameters": parameters}
    tool = {"type": "function", "function": function}
    with caplog.at_level(logging.WARNING, "electron_local"):
        choice = ask(client, "set a timer for 5 minutes", tools=[tool], tool_choice=tool_choice).choices[0]
    assert "checked after the call, not while it is written: properties.minutes.not" in caplog.text
    assert "the arguments of a call break its schema at properties.minutes.not" in caplog.text
    (call,) = choice.message.tool_calls
    assert (choice.finish_reason, choice.message.content) == ("tool_calls", None)
    assert json.loads(call.function.arguments) == {"minutes": 5}


@pytest.mark.parametrize("tool_choice", ["required", {"type": "function", "function": {"name": "f"}}], ids=str)
def test_a_tool_that_only_other_values_than_objects_satisfy_is_named_and_called(client, caplog, tool_choice):
    parameters = {"properties": {"city": {"type": "string"}}, "required": ["town"], "additionalProperties": False}
    tool = {"type": "function", "function": {"name": "f", "description": str(tool_choice), "parameters": parameters}}
    with caplog.at_level(logging.WARNING, "electron_local"):
        answer = ask(client, "hello", tools=[tool], tool_choice=tool_choice, parallel_tool_calls=False)
    (call,) = answer.choices[0].message.tool_calls
    assert call.function.name == "f" and isinstance(json.loads(call.function.arguments), dict)
    assert "tool f: checked after the call, not while it is written: the whole: " in caplog.text
    assert "the arguments of a call break its schema at " in caplog.text


def test_a_required_call_whose_arguments_nothing_satisfies(client, caplog):
    parameters = {"type": "object", "properties": {"v": {"$ref": "#"}}, "required": ["v"]}
    tool = {"type": "function", "function": {"name": "f", "parameters": parameters}}
    with caplog.at_level(logging.WARNING, "electron_local"):
        answer = ask(client, "hello", tools=[tool], tool_choice="required", parallel_tool_calls=False)
    (call,) = answer.choices[0].message.tool_calls
    assert list(json.loads(call.function.arguments)) == ["v"]
    assert "properties.v.$ref: nothing satisfies it" in caplog.text
    assert "the arguments of a call break its schema at properties.v." in caplog.text


@pytest.mark.parametrize(
    ("schema", "path"),
    [
        ({"type": "object", "properties": {"a": {"if": {"type": "string"}}}}, ["properties", "a", "if"]),
        ({"type": "object", "properties": {"a": {"$ref": "#"}}, "required": ["a"]}, ["properties", "a", "$ref"]),
    ],
    ids=str,
)
def test_a_response_format_that_cannot_be_enforced_is_refused_with_its_path(client, schema, path):
    response_format = {"type": "json_schema", "json_schema": {"name": "x", "strict": True, "schema": schema}}
    with pytest.raises(BadRequestError) as caught:
        ask(client, "say", response_format=response_format)
    assert caught.value.details[0]["path"] == ["response_format", "json_schema", "schema", *path]


def test_more_optional_properties_than_a_grammar_can_choose_among_are_refused_with_their_path(client):
    schema = {"type": "object", "properties": {f"p{n}": {"type": "string"} for n in range(600)}}
    response_format = {"type": "json_schema", "json_schema": {"name": "x", "strict": True, "schema": schema}}
    with pytest.raises(BadRequestError) as caught:
        ask(client, "say", response_format=response_format)
    path = ["response_format", "json_schema", "schema", "properties"]
    assert [detail["path"] for detail in caught.value.details] == [path]


def test_regex_and_lark_in_the_engine():
    with Engine(bundled_model(), options=EngineOptions(n_ctx=512)) as engine:
        params = SamplingParams(temperature=1, seed=1, max_tokens=50)
        for grammar in (Grammar("regex", "[0-9]{3}-[a-c]{2}"), Grammar("lark", "start: /[0-9]{3}-[a-c]{2}/")):
            generation = engine.submit(engine.tokenize("code"), params, constraint=Constraint(grammar))
            text = "".join(event.text for event in generation)
            assert len(text) == 6
            assert text[3] == "-"
            assert generation.finish_reason == "stop"


@pytest.mark.parametrize(
    "grammar", [Grammar("regex", "("), Grammar("lark", "start: nothing"), Grammar("json_schema", "{")]
)
def test_bad_grammars_are_refused(grammar):
    with Engine(bundled_model(), options=EngineOptions(n_ctx=512)) as engine:
        assert engine.refusal(grammar)
        with pytest.raises(InvalidArgumentError):
            engine.submit([1], SamplingParams(), constraint=Constraint(grammar))


def test_forced_runs_longer_than_a_batch_go_in_chunks():
    with Engine(bundled_model(), options=EngineOptions(n_ctx=128, n_batch=4)) as engine:
        grammar = Grammar("regex", "(abcdefghijklmnop|zyxwvutsrqponmlk)[0-9]{3}")
        params = SamplingParams(temperature=0, max_tokens=60)
        generation = engine.submit(engine.tokenize("code"), params, constraint=Constraint(grammar))
        assert len("".join(event.text for event in generation)) == 19


def test_a_call_under_its_grammar_is_right(client):
    answer = ask(client, "set the temperature to twenty two degrees", tools=TOOLS)
    (call,) = answer.choices[0].message.tool_calls
    assert (call.function.name, json.loads(call.function.arguments)) == ("set_temperature", {"degrees": 22})


def test_a_way_to_the_end_that_cannot_be_followed_fails_no_answer():
    with Engine(bundled_model(), options=EngineOptions(n_ctx=4096, tune="off")) as engine:
        letters = [token for token in range(engine.model.n_vocab) if set(engine.token_bytes(token)) == {ord("x")}]
        params = SamplingParams(temperature=1, seed=1, max_tokens=120, logit_bias=dict.fromkeys(letters, 60.0))
        grammar = Grammar("json_schema", json.dumps({"type": "string", "pattern": "^x{1,400}(.|a.|.b|c..){60,200}Q$"}))
        generation = engine.submit(engine.tokenize("Say something."), params, constraint=Constraint(grammar))
        assert len(list(generation)) >= 100
