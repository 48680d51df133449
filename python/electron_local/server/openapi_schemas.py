"""JSON Schemas of the requests and responses, for the OpenAPI document. `chat/request.py` is what checks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from electron_local.chat.request import MAX_LOGIT_BIAS, MAX_STOP_CHARS, MAX_STOPS, MAX_TOP_LOGPROBS
from electron_local.chat.request_messages import MAX_MESSAGES
from electron_local.chat.request_tools import MAX_TOOLS
from electron_local.server.tokens import MAX_LIFETIME_S, MIN_LIFETIME_S

Schema = dict[str, Any]


def _object(required: tuple[str, ...] = (), **properties: Schema) -> Schema:
    return {"type": "object", "required": list(required), "properties": properties}


def _array(items: Schema, **limits: int) -> Schema:
    return {"type": "array", "items": items, **limits}


def _maybe(kind: str, **limits: float) -> Schema:
    return {"type": [kind, "null"], **limits}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


_STRING: Schema = {"type": "string"}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_TEXT_PART = _object(("type", "text"), type={"const": "text"}, text=_STRING)
_NAME: Schema = {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"}
_CALL = _object(
    ("id", "type", "function"),
    id=_STRING,
    type={"const": "function"},
    function=_object(("name", "arguments"), name=_STRING, arguments=_STRING),
)
_GIVEN_CALL = _object(
    ("id", "function"),
    id=_STRING,
    type={"enum": ["function", None]},
    function=_object(("name", "arguments"), name=_STRING, arguments=_STRING),
)
_CONTENT: Schema = {"anyOf": [_STRING, _array(_TEXT_PART)]}


def _message(roles: list[str], *required: str, content: Schema = _CONTENT, **properties: Schema) -> Schema:
    return _object(("role", *required), role={"enum": roles}, content=content, name=_maybe("string"), **properties)


_MESSAGE: Schema = {
    "anyOf": [
        _message(["system", "developer", "user"], "content"),
        _message(["assistant"], "content", tool_calls=_or_null(_array(_GIVEN_CALL))),
        _message(["assistant"], "tool_calls", content=_or_null(_CONTENT), tool_calls=_array(_GIVEN_CALL, minItems=1)),
        _message(["tool"], "content", "tool_call_id", tool_call_id={"type": "string", "minLength": 1}),
    ]
}
_TOOL = _object(
    ("type", "function"),
    type={"const": "function"},
    function=_object(("name",), name=_NAME, description=_maybe("string"), parameters=_maybe("object")),
)
_TOOL_CHOICE: Schema = {
    "anyOf": [
        {"enum": ["auto", "required", "none", None]},
        _object(("type", "function"), type={"const": "function"}, function=_object(("name",), name=_NAME)),
    ]
}
_STOP_STRING: Schema = {"type": "string", "minLength": 1, "maxLength": MAX_STOP_CHARS}
_STOP: Schema = {
    "anyOf": [_STOP_STRING, {"type": "array", "maxItems": MAX_STOPS, "items": _STOP_STRING}, {"type": "null"}]
}
_RESPONSE_FORMAT: Schema = {
    "anyOf": [
        _object(("type",), type={"enum": ["text", "json_object"]}),
        _object(
            ("type", "json_schema"),
            type={"const": "json_schema"},
            json_schema=_object(
                ("name", "schema"),
                name={"type": "string", "minLength": 1},
                schema={"type": "object"},
                strict=_maybe("boolean"),
            ),
        ),
        {"type": "null"},
    ]
}
_REQUEST = _object(
    ("model", "messages"),
    model=_STRING,
    messages=_array(_ref("Message"), minItems=1, maxItems=MAX_MESSAGES),
    temperature=_maybe("number", minimum=0, maximum=2),
    top_p=_maybe("number", minimum=0, maximum=1),
    max_tokens=_maybe("integer", minimum=1),
    max_completion_tokens=_maybe("integer", minimum=1),
    stream=_maybe("boolean"),
    stream_options=_or_null(_object(include_usage=_maybe("boolean"))),
    stop=_STOP,
    seed=_maybe("integer", minimum=-(2**63), maximum=2**63 - 1),
    response_format=_RESPONSE_FORMAT,
    tools=_or_null(_array(_ref("Tool"), maxItems=MAX_TOOLS)),
    tool_choice=_TOOL_CHOICE,
    parallel_tool_calls=_maybe("boolean"),
    logit_bias=_or_null(
        {
            "type": "object",
            "propertyNames": {"pattern": "^[0-9]{1,9}$"},
            "additionalProperties": {"type": "number", "minimum": -MAX_LOGIT_BIAS, "maximum": MAX_LOGIT_BIAS},
        }
    ),
    logprobs=_maybe("boolean"),
    top_logprobs=_maybe("integer", minimum=0, maximum=MAX_TOP_LOGPROBS),
    presence_penalty=_maybe("number", minimum=-2, maximum=2),
    frequency_penalty=_maybe("number", minimum=-2, maximum=2),
    user=_maybe("string"),
    filler={"enum": ["auto", "off", None]},
    n=_maybe("integer", minimum=1, maximum=1),
    prompt_logprobs={"type": "null"},
)
_USAGE = _object(
    ("prompt_tokens", "completion_tokens", "total_tokens", "prompt_tokens_details"),
    prompt_tokens=_COUNT,
    completion_tokens=_COUNT,
    total_tokens=_COUNT,
    prompt_tokens_details=_object(("cached_tokens",), cached_tokens=_COUNT),
)
_FINISH_REASONS = ["stop", "length", "tool_calls"]
_CHOICE = _object(
    ("index", "message", "finish_reason"),
    index=_COUNT,
    message=_object(
        ("role", "content"),
        role={"const": "assistant"},
        content=_maybe("string"),
        reasoning_content=_STRING,
        tool_calls=_array(_CALL),
    ),
    finish_reason={"enum": _FINISH_REASONS},
)
_DELTA_CALL = _object(
    ("index",),
    index=_COUNT,
    id=_STRING,
    type={"const": "function"},
    function=_object(name=_STRING, arguments=_STRING),
)
_DELTA_CHOICE = _object(
    ("index", "delta", "finish_reason"),
    index=_COUNT,
    delta=_object(
        role={"const": "assistant"},
        content=_maybe("string"),
        reasoning_content=_STRING,
        tool_calls=_array(_DELTA_CALL),
    ),
    finish_reason={"enum": [*_FINISH_REASONS, None]},
)
_HEAD = ("id", "object", "created", "model", "choices")


def _answer(kind: str, choice: Schema, usage: Schema, required: tuple[str, ...] = ()) -> Schema:
    return _object(
        (*_HEAD, *required),
        id={"type": "string", "pattern": "^chatcmpl-"},
        object={"const": kind},
        created=_COUNT,
        model=_STRING,
        choices=_array(choice, maxItems=1),
        usage=usage,
    )


_DETAIL = _object(
    ("code", "message", "path"),
    code=_STRING,
    message=_STRING,
    path=_array({"type": ["string", "integer"]}),
)


def schemas(models: Sequence[str]) -> dict[str, Schema]:
    """All by name; `models` are the names that requests may use."""
    request = {**_REQUEST, "properties": {**_REQUEST["properties"], "model": {"enum": list(models)}}}
    return {"ChatCompletionRequest": request, **_SCHEMAS}


_SCHEMAS: dict[str, Schema] = {
    "Message": _MESSAGE,
    "Tool": _TOOL,
    "ChatCompletion": _answer("chat.completion", _CHOICE, _ref("Usage"), ("usage",)),
    "ChatCompletionChunk": _answer("chat.completion.chunk", _DELTA_CHOICE, _or_null(_ref("Usage"))),
    "Usage": _USAGE,
    "Model": _object(
        ("id", "object", "created", "owned_by"), id=_STRING, object={"const": "model"}, created=_COUNT, owned_by=_STRING
    ),
    "ModelList": _object(("object", "data"), object={"const": "list"}, data=_array(_ref("Model"))),
    "TokenRequest": _object(
        expires_after=_or_null(
            _object(
                anchor={"enum": ["created_at", None]},
                seconds=_maybe("integer", minimum=MIN_LIFETIME_S, maximum=MAX_LIFETIME_S),
            )
        )
    ),
    "Token": _object(("value", "expires_at"), value=_STRING, expires_at=_COUNT),
    "Health": _object(("status", "model", "models"), status={"const": "ok"}, model=_STRING, models=_array(_STRING)),
    "Error": _object(
        ("error",),
        error=_object(
            ("message", "type", "code", "param", "request_id"),
            message=_STRING,
            type=_STRING,
            code=_maybe("string"),
            param=_maybe("string"),
            request_id=_STRING,
            details=_array(_DETAIL),
        ),
    ),
}
