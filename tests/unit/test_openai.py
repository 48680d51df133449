"""The official SDK over a scripted engine: shapes, errors, retries, time-outs, cancelling, no sockets."""

from __future__ import annotations

import asyncio
import gc
import json
import socket
import sys
import threading

import pytest

from electron_local.client import AsyncElectron, Electron
from electron_local.errors import InvalidArgumentError, MissingDependencyError
from electron_local.openai import AsyncOpenAI, OpenAI
from fakes import FakeEngine, FakeGeneration

openai = pytest.importorskip("openai")
pydantic = pytest.importorskip("pydantic")

ASK = {"model": "electron", "messages": [{"role": "user", "content": "Hello"}]}
PARAMETERS = {
    "type": "object",
    "properties": {"minutes": {"type": "integer"}},
    "required": ["minutes"],
    "additionalProperties": False,
}
TOOLS = [{"type": "function", "function": {"name": "set_timer", "strict": True, "parameters": PARAMETERS}}]
TIMER = 'One moment.\n<tool_call>\n{"name": "set_timer", "arguments": {"minutes": 5}}\n</tool_call>'


def sdk_of(*replies, sdk_options=None, **options):
    engine = FakeEngine(replies or ("Hello there.",), **options)
    return OpenAI(Electron(engine=engine), **sdk_options or {}), engine


def async_sdk_of(*replies, **options):
    engine = FakeEngine(replies or ("Hello there.",), **options)
    return AsyncOpenAI(AsyncElectron(engine=engine)), engine


def text_of(chunks):
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)


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


@pytest.mark.parametrize(
    ("fields", "kind", "status", "code", "param"),
    [
        ({"temperature": 3}, openai.BadRequestError, 400, "too_big", "temperature"),
        ({"n": 2}, openai.BadRequestError, 400, "too_big", "n"),
        ({"messages": []}, openai.BadRequestError, 400, "too_small", "messages"),
        ({"model": "none"}, openai.NotFoundError, 404, "model_not_found", "model"),
        ({"max_tokens": 10**6}, openai.BadRequestError, 400, "context_length_exceeded", "messages"),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_errors(fields, kind, status, code, param, stream):
    sdk, _ = sdk_of()
    with pytest.raises(kind) as caught:
        sdk.chat.completions.create(**{**ASK, **fields}, stream=stream)
    error = caught.value
    assert (error.status_code, error.code, error.param) == (status, code, param)
    assert error.type == "invalid_request_error" and error.request_id == error.body["request_id"]


def test_unknown_resources():
    with pytest.raises(openai.NotFoundError) as caught:
        sdk_of()[0].embeddings.create(model="electron", input="text")
    assert caught.value.code == "unknown_url"


def test_refusals_are_not_retried(monkeypatch):
    sdk, engine = sdk_of(is_full=True, sdk_options={"max_retries": 2})
    tries = []
    submit = engine.submit
    monkeypatch.setattr(engine, "submit", lambda *args, **options: tries.append(1) or submit(*args, **options))
    with pytest.raises(openai.InternalServerError) as caught:
        sdk.chat.completions.create(**ASK)
    assert caught.value.status_code == 503 and caught.value.type == "overloaded_error"
    assert caught.value.response.headers["x-should-retry"] == "false" and len(tries) == 1


def test_a_closed_client():
    client = Electron(engine=FakeEngine())
    sdk = OpenAI(client)
    client.close()
    with pytest.raises(openai.InternalServerError, match="closed"):
        sdk.models.list()


def test_errors_in_the_middle_of_a_stream():
    sdk, engine = sdk_of()
    stream = sdk.chat.completions.create(**ASK, stream=True)
    next(stream)
    engine.close()
    with pytest.raises(openai.APIError, match="closed"):
        list(stream)


def test_closing_a_stream_cancels():
    sdk, engine = sdk_of("x" * 3000)
    with sdk.chat.completions.create(**ASK, stream=True) as stream:
        next(stream)
    assert engine.generations[0].cancelled and engine.generations[0].n_read < 10


def test_dropping_a_stream_cancels():
    sdk, engine = sdk_of("x" * 3000)
    stream = sdk.chat.completions.create(**ASK, stream=True)
    next(stream)
    del stream
    gc.collect()
    assert engine.generations[0].cancelled


def test_answers_leave_no_timers():
    sdk, _ = sdk_of()
    sdk.chat.completions.create(**ASK)
    list(sdk.chat.completions.create(**ASK, stream=True))
    next(sdk.chat.completions.create(**ASK, stream=True))
    gc.collect()
    timers = [thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)]
    for timer in timers:
        timer.join(30)
    assert not any(timer.is_alive() for timer in timers)


class StuckGeneration(FakeGeneration):
    """Gives `n_ready` tokens and then nothing until it is cancelled."""

    n_ready = 0

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._released = threading.Event()

    def __iter__(self):
        yield from (next(self._events) for _ in range(self.n_ready))
        self._released.wait()
        yield from self._events

    async def __aiter__(self):
        for _ in range(self.n_ready):
            yield next(self._events)
        while not self.cancelled:
            await asyncio.sleep(0)
        for event in self._events:
            yield event

    def cancel(self):
        super().cancel()
        self._released.set()


@pytest.fixture
def stuck(monkeypatch):
    monkeypatch.setattr("fakes.FakeGeneration", StuckGeneration)
    return monkeypatch


def late(sdk):
    """SDKs before 3 let the transport's own error through once a stream has begun."""
    return (openai.APITimeoutError, sdk._client._transport._httpx.ReadTimeout)


def test_time_outs_of_whole_answers(stuck):
    sdk, engine = sdk_of()
    with pytest.raises(openai.APITimeoutError):
        sdk.with_options(timeout=0.01).chat.completions.create(**ASK)
    assert engine.generations[0].cancelled and len(engine.generations) == 1


def test_time_outs_between_events(stuck):
    stuck.setattr(StuckGeneration, "n_ready", 2)
    sdk, engine = sdk_of()
    stream = sdk.chat.completions.create(**ASK, stream=True, timeout=0.5)
    assert text_of([next(stream), next(stream)])
    with pytest.raises(late(sdk)):
        list(stream)
    assert engine.generations[0].cancelled


@pytest.mark.parametrize("n_ready", [0, 2])
def test_time_outs_awaited(stuck, n_ready):
    stuck.setattr(StuckGeneration, "n_ready", n_ready)
    sdk, engine = async_sdk_of()

    async def run():
        with pytest.raises(late(sdk)):
            async for _ in await sdk.chat.completions.create(**ASK, stream=True, timeout=0.01):
                pass
        with pytest.raises(openai.APITimeoutError):
            await sdk.chat.completions.create(**ASK, timeout=0.01)

    asyncio.run(run())
    assert [generation.cancelled for generation in engine.generations] == [True, True]


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


@pytest.mark.parametrize("stream", [False, True])
def test_cancelling_the_task_cancels(stream):
    sdk, engine = async_sdk_of("x" * 3000, hangs_after=1)

    async def ask():
        answer = await sdk.chat.completions.create(**ASK, stream=stream)
        async for _ in answer:
            pass

    async def run():
        task = asyncio.create_task(ask())
        while not engine.generations or engine.generations[0].n_read < 1:
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())
    assert engine.generations[0].cancelled


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


@pytest.mark.parametrize("make", [OpenAI, AsyncOpenAI])
def test_wrong_arguments(make):
    with pytest.raises(InvalidArgumentError, match="not str"):
        make("key")
    with pytest.raises(InvalidArgumentError, match="http_client"):
        make(Electron(engine=FakeEngine()), http_client=None)


def test_without_the_sdk(monkeypatch):
    monkeypatch.setitem(sys.modules, "openai", None)
    with pytest.raises(MissingDependencyError, match=r"electron-local\[openai\]"):
        OpenAI(Electron(engine=FakeEngine()))
