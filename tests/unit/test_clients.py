"""Both clients over a scripted engine: models, shared engines, options, the same awaited."""

from __future__ import annotations

import asyncio

import pytest

from electron_local.client import AsyncElectron, Electron
from electron_local.errors import BadRequestError, InvalidArgumentError, OverloadedError
from fakes import FakeEngine
from scripted_chat import TIMER, TOOLS, USER, client_of, create, joined


def test_models():
    client = client_of(name="nano")
    assert [model.id for model in client.models.list()] == ["electron", "nano"]
    assert client.models.list().model_dump()["data"][0]["object"] == "model"
    assert client.chat.completions.create(model="nano", messages=[USER]).model == "nano"


def test_a_shared_engine_stays_open():
    engine = FakeEngine()
    with Electron(engine=engine) as first:
        second = Electron(engine=engine)
    assert not engine.is_closed and create(second).choices
    with pytest.raises(OverloadedError, match="client is closed"):
        create(first)
    assert first.stats() == {"requests": 1}


@pytest.mark.parametrize(
    "options",
    [
        {"cache_tokens": 100},
        {"engine": FakeEngine(), "cache_dir": "x"},
        {"engine": FakeEngine(), "lora": "x"},
        {"engine": FakeEngine(), "model": "x"},
        {"engine": FakeEngine(), "n_ctx": 1},
    ],
)
def test_options_that_cannot_be_kept_are_refused(options):
    with pytest.raises(InvalidArgumentError):
        Electron(**options)


def test_async():
    async def run():
        engine = FakeEngine(["Hello there.", TIMER, "x" * 300])
        async with AsyncElectron(engine=engine) as client:
            assert [model.id for model in await client.models.list()] == ["electron", "fake"]
            chat = client.chat.completions
            answer = await chat.create(model="electron", messages=[USER])
            chunks = [
                chunk async for chunk in await chat.create(model="electron", messages=[USER], tools=TOOLS, stream=True)
            ]
            async with await chat.create(model="electron", messages=[USER], stream=True) as third:
                await anext(third)
            left = [chunk async for chunk in third]
            usage = await chat.prefill(messages=[USER])
            with pytest.raises(BadRequestError):
                await chat.create(model="electron", messages=[])
        return answer, chunks, left, usage, engine

    answer, chunks, left, usage, engine = asyncio.run(run())
    assert answer.choices[0].message.content == "Hello there."
    assert joined(chunks)["tool_calls"][0]["name"] == "set_timer"
    assert left == [] and engine.generations[2].cancelled and usage.prompt_tokens > 0
