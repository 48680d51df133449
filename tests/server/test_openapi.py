"""The OpenAPI document describes what is served: answers and errors keep to its schemas."""

from __future__ import annotations

import json
from functools import cache

import jsonschema
import pytest
from asgi import call, post, run

from electron_local.chat.completions import ChatPath
from electron_local.server import create_app
from electron_local.server.keys import KeyRing
from electron_local.server.options import ServerOptions
from fakes import FakeEngine

CHAT = {"model": "electron", "messages": [{"role": "user", "content": "Hello"}]}
TIMER = {"type": "function", "function": {"name": "set_timer", "parameters": {"type": "object"}}}
CALL = '<tool_call>\n{"name": "set_timer", "arguments": {"minutes": 5}}\n</tool_call>'


def app_of(*replies, **options):
    return create_app(ChatPath(FakeEngine(replies or ("Hello.",))), ServerOptions(**options))


@cache
def document():
    return run(call(app_of(), path="/openapi.json")).json


def check(name, value):
    schema = {"$ref": f"#/components/schemas/{name}", "components": document()["components"]}
    jsonschema.Draft202012Validator(schema).validate(value)


def test_it_names_every_path_and_resolves():
    assert document()["openapi"].startswith("3.1")
    families = {prefix + tail for prefix in ("/v1", "/waves/v1") for tail in ("/chat/completions", "/models")}
    assert families <= document()["paths"].keys()
    names = [operation["operationId"] for path in document()["paths"].values() for operation in path.values()]
    assert len(set(names)) == len(names)
    text = json.dumps(document())
    for name, schema in document()["components"]["schemas"].items():
        jsonschema.Draft202012Validator.check_schema(schema)
        assert f"#/components/schemas/{name}" in text


def test_it_says_whether_a_key_is_needed():
    assert document()["security"] == []
    locked = run(call(app_of(keys=KeyRing(["alpha"])), path="/openapi.json")).json
    assert locked["security"] == [{"key": []}] and locked["paths"]["/health"]["get"]["security"] == []


@pytest.mark.parametrize("reply", ["Hello.", "", CALL, "Let me see.\n" + CALL])
def test_answers_and_chunks(reply):
    app = app_of(reply)
    request = {**CHAT, "tools": [TIMER]}
    check("ChatCompletionRequest", request)
    answer = run(post(app, request))
    assert answer.status == 200
    check("ChatCompletion", answer.json)
    streamed = run(post(app, {**request, "stream": True, "stream_options": {"include_usage": True}}))
    chunks = [block.removeprefix("data: ") for block in streamed.body.decode().split("\n\n")[:-2]]
    assert len(chunks) >= 3
    for chunk in chunks:
        check("ChatCompletionChunk", json.loads(chunk))


def test_the_other_paths():
    app = app_of()
    check("Health", run(call(app, path="/health")).json)
    check("ModelList", run(call(app, path="/v1/models")).json)
    check("Model", run(call(app, path="/v1/models/electron")).json)


@pytest.mark.parametrize("body", [b"nonsense", {}, {**CHAT, "model": "gpt"}, {**CHAT, "n": 2, "top_p": "high"}])
def test_errors(body):
    refused = run(post(app_of(), body))
    check("Error", refused.json)
    operation = document()["paths"]["/v1/chat/completions"]["post"]
    assert str(refused.status) in operation["responses"]


@pytest.mark.parametrize(
    "fields",
    [
        {"temperature": 3},
        {"messages": []},
        {"stop": ["a"] * 5},
        {"tools": [TIMER] * 65},
        {"tool_choice": "maybe"},
        {"n": 2},
        {"top_logprobs": 21},
        {"max_tokens": 0},
        {"messages": [{"role": "ghost", "content": "boo"}]},
        {"messages": [{"role": "user"}]},
        {"messages": [{"role": "assistant"}]},
        {"messages": [{"role": "tool", "content": "5"}]},
        {"messages": [{"role": "tool", "content": "5", "tool_call_id": ""}]},
        {"model": "gpt"},
        {"response_format": {"type": "xml"}},
        {"logit_bias": {"1": 200}},
    ],
)
def test_what_the_schema_refuses_the_server_refuses(fields):
    request = {**CHAT, **fields}
    with pytest.raises(jsonschema.ValidationError):
        check("ChatCompletionRequest", request)
    assert run(post(app_of(), request)).status == (404 if "model" in fields else 400)
