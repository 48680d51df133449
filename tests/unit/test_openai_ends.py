"""Answers to the official SDK that end early: closed, dropped, timed out, cancelled."""

from __future__ import annotations

import asyncio
import gc
import threading

import pytest

from fakes import FakeGeneration
from scripted_sdk import ASK, async_sdk_of, sdk_of, text_of

openai = pytest.importorskip("openai")


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
