"""The official SDK over the bundled model, in process."""

from __future__ import annotations

import asyncio
import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

import jsonschema
import pytest

from electron_local.client import AsyncElectron, Electron
from electron_local.demo.agent import INSTRUCTIONS, TOOLS
from electron_local.openai import AsyncOpenAI, OpenAI

openai = pytest.importorskip("openai")
pydantic = pytest.importorskip("pydantic")

ASK = {
    "model": "electron",
    "messages": [{"role": "system", "content": INSTRUCTIONS}, {"role": "user", "content": "Hello, who are you?"}],
    "temperature": 0,
    "max_tokens": 60,
}
SCHEMAS = {tool["function"]["name"]: tool["function"]["parameters"] for tool in TOOLS}


class Timer(pydantic.BaseModel):
    minutes: int
    room: Literal["kitchen", "bath"] | None


@pytest.fixture(scope="module")
def client():
    with Electron() as client:
        yield client


@pytest.fixture(scope="module")
def sdk(client):
    return OpenAI(client)


@pytest.fixture(scope="module")
def endless(client):
    """A request that ends for want of room only."""
    ends = {str(token): -100 for token in client.engine.model.end_of_generation}
    return {**ASK, "max_tokens": 3000, "logit_bias": ends}


def text_of(chunks):
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)


def message_of(chunks):
    """Content and calls that the deltas add up to."""
    content, calls = "", []
    for delta in (choice.delta for chunk in chunks for choice in chunk.choices):
        content += delta.content or ""
        for call in delta.tool_calls or []:
            if call.id:
                calls.append([call.function.name, ""])
            calls[call.index][1] += call.function.arguments
    return content, [tuple(call) for call in calls]


def assert_free(client):
    """A next request is answered, and nothing else runs for long."""
    assert client.chat.completions.create(**{**ASK, "max_tokens": 2}).choices
    give_up = time.monotonic() + 10
    while client.stats()["n_running"] and time.monotonic() < give_up:
        time.sleep(0.001)
    assert client.stats()["n_running"] == client.stats()["n_queued"] == 0


def test_the_sdk_gives_what_the_client_gives(client, sdk):
    ours, theirs = client.chat.completions.create(**ASK), sdk.chat.completions.create(**ASK)
    for answer in (ours, theirs):
        answer.id, answer.created, answer.usage = "", 0, None
    assert theirs.model_dump(exclude_unset=True) == ours.model_dump(exclude_unset=True)


def test_shape(sdk):
    answer = sdk.chat.completions.create(**ASK)
    choice, usage = answer.choices[0], answer.usage
    assert answer.object == "chat.completion" and answer.model == "electron" and answer.created > 1.7e9
    assert choice.message.role == "assistant" and choice.message.content and choice.finish_reason in ("stop", "length")
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens
    assert usage.prompt_tokens_details.cached_tokens < usage.prompt_tokens


def test_streamed_is_whole(sdk):
    whole = sdk.chat.completions.create(**ASK)
    with sdk.chat.completions.create(**ASK, stream=True, stream_options={"include_usage": True}) as stream:
        chunks = list(stream)
    assert text_of(chunks) == whole.choices[0].message.content
    assert chunks[-1].usage.completion_tokens == whole.usage.completion_tokens


@pytest.mark.parametrize(
    "choice", ["auto", "required", {"type": "function", "function": {"name": next(iter(SCHEMAS))}}]
)
def test_tool_calls(sdk, choice):
    asked = {**ASK, "tools": TOOLS, "tool_choice": choice, "max_tokens": 300}
    answer = sdk.chat.completions.create(**asked).choices[0]
    content, calls = message_of(sdk.chat.completions.create(**asked, stream=True))
    made = answer.message.tool_calls or []
    assert content == (answer.message.content or "")
    assert calls == [(call.function.name, call.function.arguments) for call in made]
    assert made or choice == "auto"
    for call in made:
        assert call.id.startswith("call_") and call.type == "function"
        jsonschema.validate(json.loads(call.function.arguments), SCHEMAS[call.function.name])
    assert (answer.finish_reason == "tool_calls") == bool(made)


def test_tool_results_go_back(sdk):
    asked = {**ASK, "tools": TOOLS}
    message = sdk.chat.completions.create(**asked, tool_choice="required").choices[0].message
    results = [{"role": "tool", "tool_call_id": call.id, "content": "done"} for call in message.tool_calls]
    answer = sdk.chat.completions.create(**{**asked, "messages": [*ASK["messages"], message, *results]})
    assert answer.choices[0].message.role == "assistant"


def test_parse_validates(sdk):
    asked = {**ASK, "max_tokens": 400, "response_format": Timer}
    assert isinstance(sdk.chat.completions.parse(**asked).choices[0].message.parsed, Timer)
    with sdk.chat.completions.stream(**asked) as stream:
        assert isinstance(stream.get_final_completion().choices[0].message.parsed, Timer)


def test_parse_of_a_cut_answer(sdk):
    with pytest.raises(openai.LengthFinishReasonError):
        sdk.chat.completions.parse(**{**ASK, "max_tokens": 2}, response_format=Timer)


def test_errors(client, sdk):
    long = [{"role": "user", "content": "word " * client.engine.n_ctx}]
    with pytest.raises(openai.BadRequestError) as caught:
        sdk.chat.completions.create(**{**ASK, "messages": long})
    error = caught.value
    assert (error.status_code, error.code, error.param) == (400, "context_length_exceeded", "messages")
    assert error.request_id.startswith("req_") and str(client.engine.n_ctx) in str(error)
    with pytest.raises(openai.BadRequestError) as caught:
        sdk.chat.completions.create(**{**ASK, "temperature": -1}, stream=True)
    assert caught.value.body["details"][0]["path"] == ["temperature"]
    with pytest.raises(openai.NotFoundError):
        sdk.chat.completions.create(**{**ASK, "model": "gpt"})


def test_time_outs_free_the_engine(client, sdk, endless):
    with pytest.raises(openai.APITimeoutError):
        sdk.with_options(timeout=0.05).chat.completions.create(**endless)
    assert_free(client)


def test_closing_a_stream_frees_the_engine(client, sdk, endless):
    for _ in range(3):
        with sdk.chat.completions.create(**endless, stream=True) as stream:
            next(stream)
    assert_free(client)


def test_awaited(client, endless):
    async def run():
        sdk = AsyncOpenAI(AsyncElectron(engine=client.engine))
        answers = await asyncio.gather(*(sdk.chat.completions.create(**ASK) for _ in range(4)))
        stream = await sdk.chat.completions.create(**ASK, stream=True)
        texts = {text_of([chunk async for chunk in stream])} | {each.choices[0].message.content for each in answers}
        task = asyncio.create_task(sdk.chat.completions.create(**endless))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        with pytest.raises(openai.APITimeoutError):
            await sdk.chat.completions.create(**endless, timeout=0.05)
        async with await sdk.chat.completions.create(**endless, stream=True) as stream:
            await anext(stream)
        parsed = await sdk.chat.completions.parse(**{**ASK, "max_tokens": 400}, response_format=Timer)
        return texts, parsed.choices[0].message.parsed

    texts, parsed = asyncio.run(run())
    assert len(texts) == 1 and isinstance(parsed, Timer)
    assert_free(client)


def test_threads_share_one_sdk(sdk):
    def ask(number):
        chunks = sdk.chat.completions.create(**ASK, stream=True) if number % 2 else None
        return text_of(chunks) if chunks else sdk.chat.completions.create(**ASK).choices[0].message.content

    with ThreadPoolExecutor(8) as threads:
        assert len(set(threads.map(ask, range(16)))) == 1


def test_models(client, sdk):
    assert [model.id for model in sdk.models.list()] == ["electron", client.engine.model.name]
