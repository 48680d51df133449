"""The grammar of every form, in the engine: whatever the sampler draws, the form's parser reads right calls."""

from __future__ import annotations

import json

import jsonschema
import pytest

from electron_local import Electron
from electron_local.chat.grammars import calls_grammar, json_schema_grammar, required_calls_grammar
from electron_local.chat.tool_formats import FORMATS
from electron_local.chat.tool_schemas import relax_tools
from electron_local.chat.tools import ArgumentsDelta, CallEnded, CallStarted, ContentDelta
from electron_local.engine import Engine, EngineOptions, SamplingParams
from electron_local.grammar import Constraint, Grammar
from electron_local.model_files import bundled_model

TOOLS = {
    "set_timer": {
        "type": "object",
        "properties": {
            "minutes": {"type": "integer"},
            "label": {"type": "string", "maxLength": 20},
            "loud": {"type": "boolean"},
            "days": {"type": "array", "items": {"enum": ["mon", "tue", 3, None]}},
        },
        "required": ["minutes", "days"],
    },
    "order": {
        "$defs": {"size": {"enum": ["small", "large"]}},
        "type": "object",
        "properties": {
            "size": {"$ref": "#/$defs/size"},
            "milk": {"type": "object", "properties": {"kind": {"type": "string"}}, "required": ["kind"]},
            "price": {"type": "number"},
        },
        "required": ["size", "milk"],
    },
    "stop": {"type": "object", "properties": {}},
    "note": {"type": "object"},
    "find": {"anyOf": [{"type": "object", "properties": {"id": {"type": "integer"}}, "required": ["id"]}]},
}


@pytest.fixture(scope="module")
def engine():
    with Engine(bundled_model(), options=EngineOptions(n_ctx=1024)) as engine:
        yield engine


@pytest.fixture(scope="module")
def client():
    with Electron() as client:
        yield client


def terminal_of(engine):
    def terminal(text):
        tokens = engine.tokenize(text)
        return f"<[{tokens[0]}]>" if len(tokens) == 1 else json.dumps(text)

    return terminal


def parse(form, pieces, truncated):
    parser = form.parser(TOOLS, hold=False)
    calls = []
    for event in [event for piece in pieces for event in parser.push(piece)] + parser.finish(truncated=truncated):
        match event:
            case CallStarted(_, _, name):
                calls.append([name, "", False])
            case ArgumentsDelta(index, text):
                calls[index][1] += text
            case CallEnded(index):
                calls[index][2] = True
            case ContentDelta(text):  # a marker that was cut off may have been meant as text
                assert not text.strip() or (truncated and form.marker.startswith(text.strip())), text
    return calls


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.marker)
@pytest.mark.parametrize("several", [True, False])
def test_calls_under_a_grammar_are_right(engine, form, several):
    rules = form.rules(TOOLS, terminal_of(engine), several=several)
    assert engine.refusal(calls_grammar(rules)) is None
    separator = form.separator if several else None
    marker = terminal_of(engine)(form.marker)
    constraint = Constraint(required_calls_grammar(rules, marker=marker, separator=separator))
    n_ended = 0
    for seed in range(30):
        if seed >= 6 and n_ended > 0:
            break
        params = SamplingParams(
            temperature=1.5, seed=seed, max_tokens=300, shown_tokens=engine.tokenize(form.marker)[:1]
        )
        generation = engine.submit(engine.tokenize("call"), params, constraint=constraint)
        pieces = [event.text for event in generation]
        calls = parse(form, pieces, generation.finish_reason == "length")
        for name, arguments, is_ended in calls:
            if is_ended and name not in rules.loose:
                jsonschema.validate(json.loads(arguments), TOOLS[name])
                n_ended += 1
        if generation.finish_reason == "stop":
            assert calls and all(is_ended for *_, is_ended in calls)
    assert n_ended > 0


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.marker)
def test_the_marker_starts_the_grammar(engine, form):
    rules = form.rules(TOOLS, terminal_of(engine), several=True)
    constraint = Constraint(calls_grammar(rules), marker=form.marker, n_least=1, n_most=1)
    params = SamplingParams(temperature=0.5, seed=1, max_tokens=400, shown_tokens=engine.tokenize(form.marker))
    prompt = engine.tokenize("<|im_start|>user\nhello<|im_end|>\n<|im_start|>assistant\n")
    generation = engine.submit(prompt, params, constraint=constraint)
    _, marker, call = "".join(event.text for event in generation).partition(form.marker)
    assert marker
    for name, arguments, is_ended in parse(form, [marker + call], generation.finish_reason == "length"):
        if is_ended and name not in rules.loose:
            jsonschema.validate(json.loads(arguments), TOOLS[name])


UNCALLABLE = {
    "a required property that nothing satisfies": {"properties": {"a": False}, "required": ["a"]},
    "one that is not allowed": {"properties": {"b": {}}, "required": ["a"], "additionalProperties": False},
    "no object in the list of types": {"type": ["object", "null"], "additionalProperties": False, "required": ["a"]},
    "behind a reference": {"$ref": "#/$defs/x", "$defs": {"x": {"properties": {"a": False}, "required": ["a"]}}},
    "a string instead": {
        "anyOf": [{"type": "object", "properties": {"a": False}, "required": ["a"]}, {"minLength": 1}]
    },
    "a property that must not be": {"type": "object", "properties": {"a": False, "b": {"type": "string"}}},
}


@pytest.mark.parametrize("schema", UNCALLABLE.values(), ids=UNCALLABLE)
@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.marker)
def test_a_tool_that_no_object_satisfies_can_be_called(engine, form, schema):
    def grammar_of(tools):
        schemas = {name: each.schema for name, each in tools.items()}
        return calls_grammar(form.rules(schemas, terminal_of(engine), several=False))

    relaxed = relax_tools(
        {"note": TOOLS["note"], "f": schema},
        lambda given: engine.refusal(json_schema_grammar(given)),
        lambda tools: engine.refusal(grammar_of(tools)),
    )
    assert relaxed["note"] == (TOOLS["note"], ())
    assert engine.refusal(grammar_of({"f": relaxed["f"]})) is None
    assert engine.refusal(grammar_of(relaxed)) is None


def test_control_tokens_are_text_where_asked(engine):
    (token,) = engine.tokenize("<|im_start|>")
    constraint = Constraint(Grammar("lark", f'start: "a" <[{token}]> "b"'))
    for shown, expected in (((), "ab"), ((token,), "a<|im_start|>b")):
        params = SamplingParams(max_tokens=9, shown_tokens=shown)
        generation = engine.submit(engine.tokenize("x"), params, constraint=constraint)
        assert "".join(event.text for event in generation) == expected


def test_room_for_filler_before_a_required_call(engine):
    form = FORMATS[0]
    rules = form.rules(TOOLS, terminal_of(engine), several=False)
    grammar = required_calls_grammar(rules, marker=terminal_of(engine)(form.marker), separator=None, filler=True)
    assert engine.refusal(grammar) is None


def test_a_grammar_behind_thoughts(engine):
    schema = Grammar("json_schema", '{"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}')
    constraint = Constraint(schema, marker="</think>", n_least=1, n_most=1)
    prompt = engine.tokenize("<|im_start|>user\nhello<|im_end|>\n<|im_start|>assistant\n<think>\n")
    goes_on = {token: -100.0 for token in engine.model.end_of_generation}
    params = SamplingParams(temperature=0, max_tokens=200, logit_bias=goes_on)
    generation = engine.submit(prompt, params, constraint=constraint)
    thoughts, marker, answer = "".join(event.text for event in generation).partition("</think>")
    assert marker and thoughts.strip()
    if generation.finish_reason == "stop":
        jsonschema.validate(json.loads(answer), json.loads(schema.text))


@pytest.mark.parametrize("max_tokens", [20, 24, 32, 60, 120, 250])
@pytest.mark.parametrize("parameters", [{"type": "object", "properties": {}}, {"type": "object"}])
def test_a_small_limit_takes_no_other_tool(client, max_tokens, parameters):
    drinks = {"type": "object", "properties": {"kind": {"type": "string"}, "at": {"type": "string"}}}
    tools = [
        {
            "type": "function",
            "function": {"name": "coffee_machine", "description": "Make coffee.", "parameters": drinks},
        },
        {
            "type": "function",
            "function": {"name": "find_phone", "description": "Find a phone.", "parameters": parameters},
        },
    ]
    asked = [{"role": "user", "content": "where is my phone"}]
    answer = client.chat.completions.create(
        model="electron", messages=asked, tools=tools, temperature=0, max_tokens=max_tokens
    )
    (call,) = answer.choices[0].message.tool_calls
    assert (call.function.name, call.function.arguments) == ("find_phone", "{}")


def test_a_tool_that_lists_no_arguments_takes_none(engine):
    form = next(form for form in FORMATS if form.marker == "<tool_call>")
    rules = form.rules({"stop": TOOLS["stop"]}, terminal_of(engine), several=False)
    assert '"additionalProperties": false' in rules.rules.split('"$defs"')[1].split('"anyOf"')[0]
