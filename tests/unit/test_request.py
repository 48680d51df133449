"""Every rule of PROTOCOL §1's table of request fields."""

from __future__ import annotations

import pytest

from electron_local.chat.request import Served, parse_chat_request, parse_prefill_request
from electron_local.chat.types import ChatCompletionMessage, Function, ToolCall
from electron_local.errors import BadRequestError, NotFoundError

SERVED = Served(("electron", "nano"), n_vocab=100)
USER = {"role": "user", "content": "Hello"}
CALL = {"id": "call_1", "type": "function", "function": {"name": "stop", "arguments": "{}"}}
CALLING = {"role": "assistant", "content": None, "tool_calls": [CALL]}


def tool(name="stop", **function):
    return {"type": "function", "function": {"name": name, **function}}


def nested(depth):
    value: dict = {}
    for _ in range(depth):
        value = {"a": value}
    return value


def parse(**fields):
    return parse_chat_request({"model": "electron", "messages": [USER], **fields}, SERVED)


def test_defaults():
    request = parse()
    assert (request.temperature, request.top_p, request.max_tokens, request.stop, request.seed) == (
        1,
        1,
        None,
        (),
        None,
    )
    assert request.tool_choice.mode == "auto" and request.parallel_tool_calls
    assert request.response_format.type == "text" and not request.stream and not request.include_usage


def test_nulls_are_defaults():
    names = "temperature top_p max_tokens max_completion_tokens stream stream_options stop seed response_format tools"
    names += " tool_choice parallel_tool_calls logit_bias logprobs top_logprobs presence_penalty frequency_penalty"
    assert parse(**dict.fromkeys([*names.split(), "user", "n", "prompt_logprobs"])) == parse()


@pytest.mark.parametrize(
    ("fields", "attribute", "value"),
    [
        ({"temperature": 0}, "temperature", 0.0),
        ({"temperature": 2}, "temperature", 2.0),
        ({"top_p": 0}, "top_p", 0.0),
        ({"max_tokens": 1}, "max_tokens", 1),
        ({"max_completion_tokens": 7}, "max_tokens", 7),
        ({"max_tokens": 7, "max_completion_tokens": 7}, "max_tokens", 7),
        ({"stop": "."}, "stop", (".",)),
        ({"stop": ["a", "b", "c", "d"]}, "stop", ("a", "b", "c", "d")),
        ({"stop": []}, "stop", ()),
        ({"seed": -1}, "seed", -1),
        ({"response_format": {"type": "text"}}, "tools", ()),
        ({"logit_bias": {"99": -100, "0": 1.5}}, "logit_bias", {99: -100.0, 0: 1.5}),
        ({"logit_bias": {3: 1}}, "logit_bias", {3: 1.0}),
        ({"presence_penalty": -2}, "presence_penalty", -2.0),
        ({"frequency_penalty": 2}, "frequency_penalty", 2.0),
        ({"stream": True, "stream_options": {"include_usage": True}}, "include_usage", True),
        ({"user": "kiosk-7"}, "user", "kiosk-7"),
        ({"model": "nano"}, "model", "nano"),
        ({"n": 1, "metadata": {"x": object()}, "top_k": "?"}, "model", "electron"),
        ({"tool_choice": "none"}, "tools", ()),
    ],
)
def test_accepts(fields, attribute, value):
    assert getattr(parse(**fields), attribute) == value


@pytest.mark.parametrize(
    ("fields", "path", "code"),
    [
        ({"model": None}, ["model"], "missing"),
        ({"model": 3}, ["model"], "invalid_type"),
        ({"messages": None}, ["messages"], "missing"),
        ({"messages": "Hello"}, ["messages"], "invalid_type"),
        ({"messages": []}, ["messages"], "too_small"),
        ({"messages": [USER] * 201}, ["messages"], "too_big"),
        ({"messages": ["Hello"]}, ["messages", 0], "invalid_type"),
        ({"messages": [{"content": "x"}]}, ["messages", 0, "role"], "missing"),
        ({"messages": [{"role": "wizard", "content": "x"}]}, ["messages", 0, "role"], "invalid_value"),
        ({"messages": [{"role": 1, "content": "x"}]}, ["messages", 0, "role"], "invalid_type"),
        ({"messages": [USER, {"role": "user"}]}, ["messages", 1, "content"], "missing"),
        ({"messages": [{"role": "assistant", "content": None}]}, ["messages", 0, "content"], "missing"),
        ({"messages": [{"role": "user", "content": 5}]}, ["messages", 0, "content"], "invalid_type"),
        ({"messages": [{"role": "user", "content": "a\ud800"}]}, ["messages", 0, "content"], "invalid_value"),
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]},
            ["messages", 0, "content", 0, "type"],
            "unsupported",
        ),
        (
            {"messages": [{"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "input_audio"}]}]},
            ["messages", 0, "content", 1, "type"],
            "unsupported",
        ),
        ({"messages": [{"role": "user", "content": ["a"]}]}, ["messages", 0, "content"], "invalid_type"),
        (
            {"messages": [{"role": "user", "content": [{"type": "text"}]}]},
            ["messages", 0, "content", 0, "text"],
            "missing",
        ),
        ({"messages": [USER, {"role": "tool", "content": "1"}]}, ["messages", 1, "tool_call_id"], "missing"),
        (
            {"messages": [CALLING, {"role": "tool", "content": "1", "tool_call_id": "call_2"}]},
            ["messages", 1, "tool_call_id"],
            "invalid_value",
        ),
        (
            {"messages": [{"role": "tool", "content": "1", "tool_call_id": "call_1"}, CALLING]},
            ["messages", 0, "tool_call_id"],
            "invalid_value",
        ),
        (
            {"messages": [{**CALLING, "tool_calls": [{**CALL, "function": {"name": "stop", "arguments": {}}}]}]},
            ["messages", 0, "tool_calls", 0, "function", "arguments"],
            "invalid_type",
        ),
        (
            {"messages": [{**CALLING, "tool_calls": [{**CALL, "id": None}]}]},
            ["messages", 0, "tool_calls", 0, "id"],
            "missing",
        ),
        ({"messages": [{**CALLING, "tool_calls": {}}]}, ["messages", 0, "tool_calls"], "invalid_type"),
        ({"temperature": -0.1}, ["temperature"], "too_small"),
        ({"temperature": 2.1}, ["temperature"], "too_big"),
        ({"temperature": float("nan")}, ["temperature"], "invalid_value"),
        ({"temperature": float("inf")}, ["temperature"], "invalid_value"),
        ({"temperature": 10**5000}, ["temperature"], "too_big"),
        ({"temperature": "1"}, ["temperature"], "invalid_type"),
        ({"temperature": True}, ["temperature"], "invalid_type"),
        ({"top_p": 1.01}, ["top_p"], "too_big"),
        ({"max_tokens": 0}, ["max_tokens"], "too_small"),
        ({"max_tokens": 1.0}, ["max_tokens"], "invalid_type"),
        ({"max_tokens": True}, ["max_tokens"], "invalid_type"),
        ({"max_completion_tokens": -1}, ["max_completion_tokens"], "too_small"),
        ({"max_tokens": 1, "max_completion_tokens": 2}, ["max_tokens"], "invalid_value"),
        ({"stream": "true"}, ["stream"], "invalid_type"),
        ({"stream_options": {"include_usage": True}}, ["stream_options"], "invalid_value"),
        ({"stream": True, "stream_options": []}, ["stream_options"], "invalid_type"),
        (
            {"stream": True, "stream_options": {"include_usage": 1}},
            ["stream_options", "include_usage"],
            "invalid_type",
        ),
        ({"max_tokens": 1, "max_completion_tokens": 10**5000}, ["max_tokens"], "invalid_value"),
        ({"stop": ["a"] * 5}, ["stop"], "too_big"),
        ({"stop": ["a", "b" * 1025]}, ["stop", 1], "too_big"),
        ({"stop": ["a", ""]}, ["stop", 1], "too_small"),
        ({"stop": ""}, ["stop"], "too_small"),
        ({"stop": [1]}, ["stop", 0], "invalid_type"),
        ({"stop": 1}, ["stop"], "invalid_type"),
        ({"seed": 2**63}, ["seed"], "too_big"),
        ({"seed": 1.5}, ["seed"], "invalid_type"),
        ({"response_format": "json"}, ["response_format"], "invalid_type"),
        ({"response_format": {}}, ["response_format", "type"], "missing"),
        ({"response_format": {"type": "xml"}}, ["response_format", "type"], "invalid_value"),
        ({"response_format": {"type": "json_schema"}}, ["response_format", "json_schema"], "missing"),
        (
            {"response_format": {"type": "json_schema", "json_schema": {"name": "x"}}},
            ["response_format", "json_schema", "schema"],
            "missing",
        ),
        ({"tools": {}}, ["tools"], "invalid_type"),
        ({"tools": [tool(f"t{i}") for i in range(65)]}, ["tools"], "too_big"),
        ({"tools": ["stop"]}, ["tools", 0], "invalid_type"),
        ({"tools": [{"type": "web_search"}]}, ["tools", 0, "type"], "invalid_value"),
        ({"tools": [{"type": "function"}]}, ["tools", 0, "function"], "missing"),
        ({"tools": [tool("no blanks")]}, ["tools", 0, "function", "name"], "invalid_value"),
        ({"tools": [tool("x" * 65)]}, ["tools", 0, "function", "name"], "invalid_value"),
        ({"tools": [tool(), tool()]}, ["tools", 1, "function", "name"], "invalid_value"),
        ({"tools": [tool(parameters=[])]}, ["tools", 0, "function", "parameters"], "invalid_type"),
        ({"tools": [tool(parameters=nested(200))]}, ["tools", 0, "function"], "too_big"),
        (
            {"tools": [tool(parameters={"maximum": float("nan")})]},
            ["tools", 0, "function", "parameters", "maximum"],
            "invalid_type",
        ),
        ({"tools": [tool(description=7)]}, ["tools", 0, "function", "description"], "invalid_type"),
        ({"tool_choice": "always"}, ["tool_choice"], "invalid_value"),
        ({"tool_choice": 1}, ["tool_choice"], "invalid_type"),
        ({"tool_choice": "required"}, ["tool_choice"], "invalid_value"),
        ({"tool_choice": {"type": "function"}}, ["tool_choice"], "invalid_value"),
        ({"tool_choice": tool("go"), "tools": [tool()]}, ["tool_choice", "function", "name"], "invalid_value"),
        ({"parallel_tool_calls": 0}, ["parallel_tool_calls"], "invalid_type"),
        ({"logit_bias": {"100": 1}}, ["logit_bias", "100"], "invalid_value"),
        ({"logit_bias": {"-1": 1}}, ["logit_bias", "-1"], "invalid_value"),
        ({"logit_bias": {"hello": 1}}, ["logit_bias", "hello"], "invalid_value"),
        ({"logit_bias": {"1": 101}}, ["logit_bias", "1"], "too_big"),
        ({"logit_bias": {"1": None}}, ["logit_bias", "1"], "invalid_type"),
        ({"logit_bias": [1]}, ["logit_bias"], "invalid_type"),
        ({"logprobs": 1}, ["logprobs"], "invalid_type"),
        ({"top_logprobs": 2}, ["top_logprobs"], "invalid_value"),
        ({"logprobs": True, "top_logprobs": 21}, ["top_logprobs"], "too_big"),
        ({"presence_penalty": 2.5}, ["presence_penalty"], "too_big"),
        ({"frequency_penalty": -3}, ["frequency_penalty"], "too_small"),
        ({"user": 5}, ["user"], "invalid_type"),
        ({"n": 2}, ["n"], "too_big"),
        ({"n": 0}, ["n"], "too_small"),
        ({"n": True}, ["n"], "invalid_type"),
        ({"prompt_logprobs": 1}, ["prompt_logprobs"], "unsupported"),
        ({"prompt_logprobs": False}, ["prompt_logprobs"], "unsupported"),
    ],
)
def test_refuses(fields, path, code):
    with pytest.raises(BadRequestError) as caught:
        parse(**fields)
    error = caught.value
    assert (error.details[0]["path"], error.details[0]["code"]) == (path, code)
    assert error.code == code and error.details[0]["message"] in error.message
    assert error.param.replace("[", ".").replace("]", "").split(".") == [str(step) for step in path]
    assert error.status_code == 400 and error.type == "invalid_request_error"


def test_messages_say_what_the_value_and_the_limit():
    with pytest.raises(BadRequestError, match=r"temperature is 2\.5; must be between 0 and 2"):
        parse(temperature=2.5)
    with pytest.raises(BadRequestError, match="messages has 201 messages; must be between 1 and 200"):
        parse(messages=[USER] * 201)


def test_names_every_problem():
    with pytest.raises(BadRequestError) as caught:
        parse(temperature=3, top_p=3, n=2, seed="x", user=1)
    assert [detail["path"] for detail in caught.value.details] == [
        ["temperature"],
        ["top_p"],
        ["seed"],
        ["user"],
        ["n"],
    ]
    assert "and 2 more" in caught.value.message


def test_unknown_model():
    with pytest.raises(NotFoundError, match=r"'gpt-5'.*electron, nano") as caught:
        parse(model="gpt-5")
    assert (caught.value.code, caught.value.param, caught.value.status_code) == ("model_not_found", "model", 404)


@pytest.mark.parametrize("body", [None, [], "x", 3])
def test_body_must_be_an_object(body):
    with pytest.raises(BadRequestError, match="must be an object"):
        parse_chat_request(body, SERVED)


def test_content_never_shows_in_the_error():
    with pytest.raises(BadRequestError) as caught:
        parse(messages=[{"role": "user", "content": {"secret": "4711"}}])
    assert "4711" not in str(caught.value.body())


def test_text_parts_are_joined():
    parts = [{"type": "text", "text": "Hel"}, {"type": "text", "text": "lo"}]
    assert parse(messages=[{"role": "user", "content": parts}]).messages[0] == USER


def test_typed_messages_of_earlier_answers_are_taken():
    message = ChatCompletionMessage(None, tool_calls=[ToolCall("call_1", Function("stop", "{}"))])
    result = {"role": "tool", "tool_call_id": "call_1", "content": "done"}
    assert parse(messages=[USER, message, result]).messages[1] == {**CALLING, "content": ""}


def test_empty_tool_calls_count_as_none():
    messages = [USER, {"role": "assistant", "content": "Hi", "tool_calls": []}]
    assert parse(messages=messages).messages[1] == {"role": "assistant", "content": "Hi"}


def test_tools_are_brought_into_one_form():
    given = {"function": {"strict": True, "parameters": {"type": "object"}, "name": "go"}, "type": "function"}
    function = parse(tools=[given]).tools[0]["function"]
    assert list(function) == ["name", "parameters"]
    assert parse(tools=[tool()]).tools[0]["function"]["parameters"] == {"type": "object", "properties": {}}


def test_the_request_does_not_share_the_callers_objects():
    schema = {"type": "object", "properties": {}}
    request = parse(tools=[tool(parameters=schema)])
    schema["type"] = "array"
    assert request.tools[0]["function"]["parameters"]["type"] == "object"


def test_prefill_needs_no_model():
    assert parse_prefill_request({"messages": [USER], "tools": [tool()]}, SERVED).model == "electron"
    with pytest.raises(BadRequestError, match="messages"):
        parse_prefill_request({}, SERVED)
