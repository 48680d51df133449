"""How answers over a scripted engine end early: cancelled by closing, dropping or failing, or the engine is gone."""

from __future__ import annotations

import asyncio
import gc

import pytest

from electron_local.client import AsyncElectron
from electron_local.errors import OverloadedError
from fakes import FakeEngine
from scripted_chat import USER, client_of, create


def test_an_engine_closed_meanwhile_is_an_error():
    client = client_of("Hello there.")
    chunks = create(client, stream=True)
    next(chunks)
    client.engine.close()
    with pytest.raises(OverloadedError, match="closed while"):
        list(chunks)


def test_closing_a_stream_cancels():
    client = client_of("x" * 300)
    with create(client, stream=True) as chunks:
        next(chunks)
    assert client.engine.generations[0].cancelled and list(chunks) == []
    chunks.close()


def test_dropping_a_stream_cancels():
    client = client_of("x" * 300)
    for _ in create(client, stream=True):
        break
    gc.collect()
    assert client.engine.generations[0].cancelled
    never_read = create(client, stream=True)
    del never_read
    gc.collect()
    assert client.engine.generations[1].cancelled


def test_an_exception_in_the_readers_loop_cancels():
    client = client_of("x" * 300)
    with pytest.raises(KeyboardInterrupt), create(client, stream=True) as chunks:
        for _ in chunks:
            raise KeyboardInterrupt
    assert client.engine.generations[0].cancelled


def test_cancelling_the_task_cancels_the_computation():
    async def run():
        engine = FakeEngine(["x" * 300], hangs_after=1)
        client = AsyncElectron(engine=engine)
        task = asyncio.create_task(client.chat.completions.create(model="electron", messages=[USER]))
        while not engine.generations or not engine.generations[0].n_read:
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return engine.generations[0]

    generation = asyncio.run(run())
    assert generation.cancelled and generation.n_read == 1
