"""The official SDK over a scripted engine: shapes, tools, models, the same awaited, no sockets."""

from __future__ import annotations

import asyncio
import json
import socket

import pytest

from scripted_sdk import ASK, async_sdk_of, sdk_of, text_of

openai = pytest.importorskip("openai")
pydantic = pytest.importorskip("pydantic")
PARAMETERS = {
    "type": "object",
    "properties": {"minutes": {"type": "integer"}},
    "required": ["minutes"],
    "additionalProperties": False,
}
TOOLS = [{"type": "function", "function": {"name": "set_timer", "strict": True, "parameters": PARAMETERS}}]
TIMER = 'One moment.\n<tool_call>\n{"name": "set_timer", "arguments": {"minutes": 5}}\n</tool_call>'


def test_a_whole_answer():
    sdk, _ = sdk_of()
    answer = sdk.chat.completions.create(**ASK)
    assert isinstance(sdk, openai.OpenAI) and answer.id.startswith("chatcmpl-")
    assert (answer.choices[0].message.content, answer.choices[0].finish_reason) == ("Hello there.", "stop")
    assert answer._request_id.startswith("req_") and answer.usage.total_tokens == answer.usage.prompt_tokens + 4


@pytest.mark.parametrize("base_url", ["http://in-process/v1", "http://in-process/waves/v1/"])
def test_both_path_families(base_url):
    assert sdk_of(sdk_options={"base_url": base_url})[0].chat.completions.create(**ASK).choices


def test_streams():
    sdk, _ = sdk_of()
    with sdk.chat.completions.create(**ASK, stream=True, stream_options={"include_usage": True}) as stream:
        chunks = list(stream)
    assert text_of(chunks) == "Hello there." and chunks[-1].usage.completion_tokens == 4
    assert all(chunk.usage is None for chunk in chunks[:-1])


def test_the_streaming_helper():
    sdk, _ = sdk_of(TIMER)
    with sdk.chat.completions.stream(**ASK, tools=TOOLS) as stream:
        kinds = {event.type for event in stream}
        message = stream.get_final_completion().choices[0].message
    assert {"chunk", "content.delta", "tool_calls.function.arguments.delta"} <= kinds
    assert json.loads(message.tool_calls[0].function.arguments) == {"minutes": 5}


def test_tool_calls_and_their_results():
    sdk, engine = sdk_of(TIMER, "It is set.")
    message = sdk.chat.completions.create(**ASK, tools=TOOLS).choices[0].message
    (call,) = message.tool_calls
    assert (call.type, call.function.name, message.content) == ("function", "set_timer", "One moment.")
    result = {"role": "tool", "tool_call_id": call.id, "content": "done"}
    answer = sdk.chat.completions.create(model="electron", messages=[*ASK["messages"], message, result], tools=TOOLS)
    assert answer.choices[0].message.content == "It is set." and len(engine.prompts) == 2


class Timer(pydantic.BaseModel):
    minutes: int
    label: str | None


def test_parse():
    sdk, engine = sdk_of('{"minutes": 5, "label": null}')
    parsed = sdk.chat.completions.parse(**ASK, response_format=Timer).choices[0].message.parsed
    assert parsed == Timer(minutes=5, label=None)
    assert engine.constraints[0] is not None


def test_raw_responses():
    sdk, _ = sdk_of()
    raw = sdk.chat.completions.with_raw_response.create(**ASK, extra_headers={"X-Request-Id": "mine"})
    assert raw.status_code == 200 and raw.headers["x-request-id"] == "mine" == raw.request_id
    assert raw.parse().choices[0].message.content == "Hello there."
    with sdk.chat.completions.with_streaming_response.create(**ASK, stream=True) as response:
        lines = [line for line in response.iter_lines() if line]
    assert lines[-1] == "data: [DONE]"


def test_models():
    sdk, _ = sdk_of(name="org/my model")
    assert [model.id for model in sdk.models.list()] == ["electron", "org/my model"]
    assert sdk.models.retrieve("org/my model").owned_by == "electron_local"
    with pytest.raises(openai.NotFoundError):
        sdk.models.retrieve("none")


def test_awaited():
    sdk, _ = async_sdk_of("Hello there.", "Hello there.", TIMER, '{"minutes": 5, "label": "tea"}')

    async def run():
        answer = await sdk.chat.completions.create(**ASK)
        chunks = [chunk async for chunk in await sdk.chat.completions.create(**ASK, stream=True)]
        assert text_of(chunks) == answer.choices[0].message.content == "Hello there."
        async with sdk.chat.completions.stream(**ASK, tools=TOOLS) as stream:
            final = await stream.get_final_completion()
        assert final.choices[0].message.tool_calls[0].function.name == "set_timer"
        parsed = await sdk.chat.completions.parse(**ASK, response_format=Timer)
        assert parsed.choices[0].message.parsed.label == "tea"
        assert [model.id async for model in sdk.models.list()] == ["electron", "fake"]
        with pytest.raises(openai.BadRequestError):
            await sdk.chat.completions.create(**ASK, temperature=3)
        await sdk.close()

    asyncio.run(run())


def test_no_sockets(monkeypatch):
    sdk, _ = sdk_of()
    async_sdk, _ = async_sdk_of()

    def refuse(*args, **options):
        raise AssertionError("a socket was opened")

    async def run():
        for name in ("socket", "create_connection", "getaddrinfo"):
            monkeypatch.setattr(socket, name, refuse)
        await async_sdk.chat.completions.create(**ASK)
        [chunk async for chunk in await async_sdk.chat.completions.create(**ASK, stream=True)]
        sdk.chat.completions.create(**ASK)
        list(sdk.chat.completions.create(**ASK, stream=True))
        sdk.models.list()
        monkeypatch.undo()

    asyncio.run(run())


def test_proxies_of_the_environment_are_not_asked(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    assert sdk_of()[0].chat.completions.create(**ASK).choices
