"""A response format beside tools: answers are calls, or keep to the format, whatever the sampler draws."""

from __future__ import annotations

import json

import jsonschema
import pytest

from electron_local.chat.grammars import calls_or_format_grammar, json_schema_grammar, required_calls_grammar
from electron_local.chat.tool_formats import FORMATS, GENERIC
from electron_local.client import Electron

TIMER = {
    "type": "object",
    "properties": {"minutes": {"type": "integer", "minimum": 1, "maximum": 90}},
    "required": ["minutes"],
}
ORDER = {
    "type": "object",
    "properties": {"size": {"$ref": "#/$defs/size"}, "n": {"enum": [1, 2, 3]}},
    "required": ["size", "n"],
    "$defs": {"size": {"enum": ["small", "large"]}},
}
TOOLS = [{"type": "function", "function": {"name": "set_timer", "description": "Sets a timer.", "parameters": TIMER}}]
FORMAT = {"type": "json_schema", "json_schema": {"name": "order", "schema": ORDER, "strict": True}}


@pytest.fixture(scope="module")
def client():
    with Electron(n_ctx=1024) as client:
        yield client


def ask(client, **fields):
    messages = [{"role": "user", "content": "Set a timer for five minutes."}]
    return client.chat.completions.create(
        model="electron", messages=messages, tools=TOOLS, response_format=FORMAT, max_tokens=120, **fields
    ).choices[0]


@pytest.mark.parametrize("form", [*FORMATS, GENERIC], ids=lambda form: f"{type(form).__name__} {form.marker}")
@pytest.mark.parametrize("filler", [True, False])
def test_the_grammar_of_every_form(client, form, filler):
    def terminal(text):
        tokens = client.engine.tokenize(text)
        return f"<[{tokens[0]}]>" if len(tokens) == 1 else json.dumps(text)

    rules = form.rules({"set_timer": TIMER, "stop": {"type": "object", "properties": {}}}, terminal, several=True)
    calls = required_calls_grammar(rules, marker=terminal(form.marker), separator=form.separator, filler=filler)
    assert client.engine.refusal(calls_or_format_grammar(calls, json_schema_grammar(ORDER))) is None


def test_auto_gives_calls_or_the_format(client):
    marker = client.engine.tokenize("<tool_call>")[0]
    n_calls = n_texts = 0
    for seed in range(12):
        choice = ask(client, temperature=1.5, seed=seed, logit_bias={marker: -20 * (seed % 2)})
        if choice.finish_reason == "tool_calls":
            n_calls += 1
            for call in choice.message.tool_calls:
                jsonschema.validate(json.loads(call.function.arguments), TIMER)
        elif choice.finish_reason == "stop":
            n_texts += 1
            jsonschema.validate(json.loads(choice.message.content), ORDER)
    assert n_calls > 0 and n_texts > 0


@pytest.mark.parametrize("choice", ["required", {"type": "function", "function": {"name": "set_timer"}}])
def test_a_call_that_must_come_goes_before_the_format(client, choice):
    answer = ask(client, temperature=0, tool_choice=choice)
    assert answer.finish_reason == "tool_calls" and answer.message.content is None


def test_stop_strings_leave_calls_whole(client):
    messages = [{"role": "user", "content": "Set a timer for five minutes."}]
    for stop in ("\n", "}", "name", "<tool_call>"):
        answer = client.chat.completions.create(
            model="electron", messages=messages, tools=TOOLS, stop=stop, temperature=0, max_tokens=80
        ).choices[0]
        assert answer.finish_reason == "tool_calls" and answer.message.content is None


@pytest.mark.parametrize("schema", [{"type": "float"}, {"type": "any"}, {"type": "number", "multipleOf": 0}], ids=str)
def test_a_tool_with_a_schema_at_fault_can_be_called(client, schema):
    parameters = {"type": "object", "properties": {"price": schema}, "required": ["price"]}
    tool = {"type": "function", "function": {"name": "buy", "parameters": parameters}}
    messages = [{"role": "user", "content": "Buy it."}]
    answer = client.chat.completions.create(
        model="electron", messages=messages, tools=[tool], tool_choice="required", temperature=0, max_tokens=80
    ).choices[0]
    assert answer.finish_reason == "tool_calls"
