"""Requests that are refused: name, fields, and the error's code and path. All are 400 but those that say otherwise."""

from __future__ import annotations

from typing import Any, NamedTuple

from contract.good_requests import CALLED, HISTORY, STOP, TWO, USER, json_schema, tool

Path = list[str | int]


class Bad(NamedTuple):
    """`path` of the first detail; None where the error has no details."""

    name: str
    fields: dict[str, Any]
    code: str
    path: Path | None
    status: int = 400


def said(**message: Any) -> dict[str, Any]:
    return {"messages": [message]}


def function(**fields: Any) -> dict[str, Any]:
    return {"tools": [{"type": "function", "function": fields}]}


def nested(depth: int) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(depth):
        schema = {"type": "array", "items": schema}
    return schema


IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}
NOT_NUMBERS = [("a string", "1"), ("a boolean", True), ("an array", [1]), ("an object", {})]
RANGES = {
    "temperature": (-0.1, 2.1),
    "top_p": (-0.1, 1.1),
    "presence_penalty": (-2.1, 2.1),
    "frequency_penalty": (-2.1, 2.1),
    "seed": (-(2**63) - 1, 2**63),
}
NUMBERS = [
    *(Bad(f"{name} too small", {name: low}, "too_small", [name]) for name, (low, _) in RANGES.items()),
    *(Bad(f"{name} too big", {name: high}, "too_big", [name]) for name, (_, high) in RANGES.items()),
    *(
        Bad(f"{name} {kind}", {name: value}, "invalid_type", [name])
        for name in ("temperature", "top_p", "max_tokens", "seed", "n")
        for kind, value in NOT_NUMBERS
    ),
    Bad("temperature of 400 digits", {"temperature": 10**400}, "too_big", ["temperature"]),
    Bad("seed a fraction", {"seed": 1.5}, "invalid_type", ["seed"]),
    Bad("max_tokens 0", {"max_tokens": 0}, "too_small", ["max_tokens"]),
    Bad("max_completion_tokens negative", {"max_completion_tokens": -1}, "too_small", ["max_completion_tokens"]),
    Bad("two limits", {"max_tokens": 1, "max_completion_tokens": 2}, "invalid_value", ["max_tokens"]),
    Bad("more tokens than the context", {"max_tokens": 20000}, "context_length_exceeded", None),
    Bad("n 2", {"n": 2}, "too_big", ["n"]),
    Bad("n 0", {"n": 0}, "too_small", ["n"]),
    Bad("prompt_logprobs", {"prompt_logprobs": 1}, "unsupported", ["prompt_logprobs"]),
    Bad("prompt_logprobs 0", {"prompt_logprobs": 0}, "unsupported", ["prompt_logprobs"]),
    Bad("logprobs a number", {"logprobs": 1}, "invalid_type", ["logprobs"]),
    Bad("top_logprobs alone", {"top_logprobs": 2}, "invalid_value", ["top_logprobs"]),
    Bad("top_logprobs 21", {"logprobs": True, "top_logprobs": 21}, "too_big", ["top_logprobs"]),
    Bad("top_logprobs negative", {"logprobs": True, "top_logprobs": -1}, "too_small", ["top_logprobs"]),
    Bad("logit_bias an array", {"logit_bias": [1]}, "invalid_type", ["logit_bias"]),
    Bad("logit_bias beyond the vocabulary", {"logit_bias": {"261": 1}}, "invalid_value", ["logit_bias", "261"]),
    Bad("logit_bias of no token", {"logit_bias": {"-1": 1}}, "invalid_value", ["logit_bias", "-1"]),
    Bad("logit_bias of a word", {"logit_bias": {"hello": 1}}, "invalid_value", ["logit_bias", "hello"]),
    Bad("logit_bias too big", {"logit_bias": {"1": 101}}, "too_big", ["logit_bias", "1"]),
    Bad("logit_bias too small", {"logit_bias": {"1": -101}}, "too_small", ["logit_bias", "1"]),
    Bad("logit_bias null", {"logit_bias": {"1": None}}, "invalid_type", ["logit_bias", "1"]),
]

TEXTS = [
    Bad("stop of five", {"stop": list("abcde")}, "too_big", ["stop"]),
    Bad("stop a number", {"stop": 1}, "invalid_type", ["stop"]),
    Bad("stop empty", {"stop": ""}, "too_small", ["stop"]),
    Bad("stop list with an empty one", {"stop": ["a", ""]}, "too_small", ["stop", 1]),
    Bad("stop list with null", {"stop": [None]}, "invalid_type", ["stop", 0]),
    Bad("user a number", {"user": 5}, "invalid_type", ["user"]),
    Bad("a lone surrogate", said(role="user", content="a\ud800"), "invalid_value", ["messages", 0, "content"]),
    Bad("stream a string", {"stream": "yes"}, "invalid_type", ["stream"]),
    Bad("stream_options without stream", {"stream_options": {"include_usage": True}}, "invalid_value",
        ["stream_options"]),
    Bad("stream_options a boolean", {"stream": True, "stream_options": True}, "invalid_type", ["stream_options"]),
    Bad("include_usage a string", {"stream": True, "stream_options": {"include_usage": "1"}}, "invalid_type",
        ["stream_options", "include_usage"]),
    Bad("a model that is not there", {"model": "gpt-4"}, "model_not_found", None, 404),
    Bad("a model in other letters", {"model": "Electron"}, "model_not_found", None, 404),
    Bad("a model with a blank", {"model": "electron "}, "model_not_found", None, 404),
    Bad("a model that is empty", {"model": ""}, "model_not_found", None, 404),
    Bad("a model null", {"model": None}, "missing", ["model"]),
    Bad("a model a number", {"model": 1}, "invalid_type", ["model"]),
]  # fmt: skip

MESSAGES = [
    Bad("messages null", {"messages": None}, "missing", ["messages"]),
    Bad("messages empty", {"messages": []}, "too_small", ["messages"]),
    Bad("messages a string", {"messages": "hello"}, "invalid_type", ["messages"]),
    Bad("messages an object", {"messages": USER}, "invalid_type", ["messages"]),
    Bad("201 messages", {"messages": [USER] * 201}, "too_big", ["messages"]),
    Bad("a message a string", {"messages": ["hello"]}, "invalid_type", ["messages", 0]),
    Bad("a message null", {"messages": [USER, None]}, "invalid_type", ["messages", 1]),
    Bad("no role", said(content="a"), "missing", ["messages", 0, "role"]),
    Bad("an unknown role", said(role="narrator", content="a"), "invalid_value", ["messages", 0, "role"]),
    Bad("a role in other letters", said(role="User", content="a"), "invalid_value", ["messages", 0, "role"]),
    Bad("a role a number", said(role=1, content="a"), "invalid_type", ["messages", 0, "role"]),
    Bad("no content", said(role="user"), "missing", ["messages", 0, "content"]),
    Bad("content null of a user", said(role="user", content=None), "missing", ["messages", 0, "content"]),
    Bad("content null without calls", said(role="assistant", content=None), "missing", ["messages", 0, "content"]),
    Bad("content a number", said(role="user", content=1), "invalid_type", ["messages", 0, "content"]),
    Bad("content an object", said(role="user", content={}), "invalid_type", ["messages", 0, "content"]),
    Bad("an image", said(role="user", content=[IMAGE]), "unsupported", ["messages", 0, "content", 0, "type"]),
    Bad("audio", said(role="user", content=[{"type": "text", "text": "a"}, {"type": "input_audio"}]), "unsupported",
        ["messages", 0, "content", 1, "type"]),
    Bad("a part without a type", said(role="user", content=[{"text": "a"}]), "unsupported",
        ["messages", 0, "content", 0, "type"]),
    Bad("a part without text", said(role="user", content=[{"type": "text"}]), "missing",
        ["messages", 0, "content", 0, "text"]),
    Bad("a part a string", said(role="user", content=["a"]), "invalid_type", ["messages", 0, "content"]),
    Bad("a result without an id", said(role="tool", content="a"), "missing", ["messages", 0, "tool_call_id"]),
    Bad("a result of no call", said(role="tool", content="a", tool_call_id="call_9"), "invalid_value",
        ["messages", 0, "tool_call_id"]),
    Bad("a result before its call", {"messages": [HISTORY[3], *HISTORY[:3]]}, "invalid_value",
        ["messages", 0, "tool_call_id"]),
    Bad("tool_calls an object", said(role="assistant", content="", tool_calls={}), "invalid_type",
        ["messages", 0, "tool_calls"]),
    Bad("a call without an id", said(role="assistant", content="", tool_calls=[{**CALLED, "id": None}]), "missing",
        ["messages", 0, "tool_calls", 0, "id"]),
    Bad("a call without a function", said(role="assistant", content="", tool_calls=[{"id": "a"}]), "missing",
        ["messages", 0, "tool_calls", 0, "function"]),
    Bad("a call's arguments an object",
        said(role="assistant", content="", tool_calls=[{"id": "a", "function": {"name": "stop", "arguments": {}}}]),
        "invalid_type", ["messages", 0, "tool_calls", 0, "function", "arguments"]),
    Bad("a prompt longer than the context", said(role="user", content="a" * 20000), "context_length_exceeded", None),
]  # fmt: skip

TOOLS = [
    Bad("tools an object", {"tools": {}}, "invalid_type", ["tools"]),
    Bad("65 tools", {"tools": [tool(f"tool_{i}") for i in range(65)]}, "too_big", ["tools"]),
    Bad("a tool a string", {"tools": ["stop"]}, "invalid_type", ["tools", 0]),
    Bad("a tool of another type", {"tools": [{**STOP, "type": "retrieval"}]}, "invalid_value", ["tools", 0, "type"]),
    Bad("a tool without a type", {"tools": [{"function": {"name": "a"}}]}, "invalid_value", ["tools", 0, "type"]),
    Bad("a tool without a function", {"tools": [{"type": "function"}]}, "missing", ["tools", 0, "function"]),
    Bad("a tool without a name", function(description="a"), "missing", ["tools", 0, "function", "name"]),
    Bad("a name with a blank", function(name="set timer"), "invalid_value", ["tools", 0, "function", "name"]),
    Bad("a name of 65 characters", function(name="a" * 65), "invalid_value", ["tools", 0, "function", "name"]),
    Bad("a name that is empty", function(name=""), "invalid_value", ["tools", 0, "function", "name"]),
    Bad("a name twice", {"tools": [STOP, STOP]}, "invalid_value", ["tools", 1, "function", "name"]),
    Bad("a description a number", function(name="a", description=1), "invalid_type",
        ["tools", 0, "function", "description"]),
    Bad("parameters an array", function(name="a", parameters=[]), "invalid_type",
        ["tools", 0, "function", "parameters"]),
    Bad("parameters too deep", function(name="a", parameters=nested(200)), "too_big", ["tools", 0, "function"]),
    Bad("choice without tools", {"tool_choice": "required"}, "invalid_value", ["tool_choice"]),
    Bad("choice unknown", {"tools": TWO, "tool_choice": "always"}, "invalid_value", ["tool_choice"]),
    Bad("choice a number", {"tools": TWO, "tool_choice": 1}, "invalid_type", ["tool_choice"]),
    Bad("choice of an unknown tool", {"tools": TWO, "tool_choice": {"type": "function", "function": {"name": "go"}}},
        "invalid_value", ["tool_choice", "function", "name"]),
    Bad("choice of another form", {"tools": TWO, "tool_choice": {"name": "stop"}}, "invalid_value", ["tool_choice"]),
    Bad("parallel_tool_calls a string", {"tools": TWO, "parallel_tool_calls": "no"}, "invalid_type",
        ["parallel_tool_calls"]),
]  # fmt: skip

FORMATS = [
    Bad("format a string", {"response_format": "json"}, "invalid_type", ["response_format"]),
    Bad("format unknown", {"response_format": {"type": "xml"}}, "invalid_value", ["response_format", "type"]),
    Bad("format without a type", {"response_format": {}}, "missing", ["response_format", "type"]),
    Bad("json_schema without a schema", {"response_format": {"type": "json_schema"}}, "missing",
        ["response_format", "json_schema"]),
    Bad("json_schema without a name", {"response_format": {"type": "json_schema", "json_schema": {"schema": {}}}},
        "missing", ["response_format", "json_schema", "name"]),
    Bad("a schema a string", {"response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": "b"}}},
        "invalid_type", ["response_format", "json_schema", "schema"]),
    Bad("strict a string", {"response_format": json_schema({}, strict="yes")}, "invalid_type",
        ["response_format", "json_schema", "strict"]),
    Bad("a schema too deep", {"response_format": json_schema(nested(200))}, "too_big",
        ["response_format", "json_schema", "schema"]),
    Bad("a schema that no grammar enforces", {"response_format": json_schema({"not": {"type": "string"}})},
        "unsupported", ["response_format", "json_schema", "schema", "not"]),
]  # fmt: skip

BAD = [*NUMBERS, *TEXTS, *MESSAGES, *TOOLS, *FORMATS]
