"""Answers over HTTP that do not run to their end: silence, failures, clients that go, shutdown."""

from __future__ import annotations

import asyncio
import json

import pytest
from asgi import Call, call, post, run
from scripted_app import CHAT, STREAM, app_of, events

from electron_local.errors import OverloadedError
from fakes import FakeGeneration


def test_silent_streams_get_comments():
    async def scenario():
        app, engine = app_of(hangs_after=2, keep_alive_s=0.01)
        answering = post(app, STREAM, kind=Call)
        await answering.until(b": keep-alive\n\n: keep-alive\n\n")
        answering.disconnect()
        await answering.end()
        return answering, engine.generations[0]

    answer, generation = run(scenario())
    assert len(events(answer.body)) >= 1 and generation.cancelled


def test_a_stream_that_fails_after_a_comment_ends_with_the_error():
    async def scenario():
        app, _ = app_of(hangs_after=0, keep_alive_s=0.01)
        gate = asyncio.Event()

        async def fail_behind(self):
            await gate.wait()
            raise OverloadedError("the engine was closed")
            yield

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(FakeGeneration, "__aiter__", fail_behind)
            answering = post(app, STREAM, kind=Call)
            await answering.until(b": keep-alive")
            gate.set()
            return await answering.end()

    answer = run(scenario())
    (event,) = events(answer.body)
    assert answer.status == 200 and json.loads(event)["error"]["type"] == "overloaded_error"


async def until_read(engine, n_tokens):
    while not engine.generations or engine.generations[0].n_read < n_tokens:
        await asyncio.sleep(0)


@pytest.mark.parametrize("body", [CHAT, STREAM])
def test_a_disconnect_cancels_and_what_was_made_is_counted(body, access_log):
    async def scenario():
        app, engine = app_of("x" * 60, hangs_after=3)
        answering = post(app, body, kind=Call)
        await until_read(engine, 3)
        assert not engine.generations[0].cancelled
        answering.disconnect()
        await answering.end()
        return engine, (await call(app, path="/metrics")).body.decode()

    engine, metrics = run(scenario())
    assert engine.generations[0].cancelled
    record = access_log()[0]
    assert record["ended"] == "disconnected" and record["completion_tokens"] == 3
    assert record["status"] == (200 if body is STREAM else 499)
    assert 'electron_local_tokens_total{kind="completion"} 3' in metrics


def test_a_disconnect_in_the_body_is_no_fault(access_log):
    async def scenario():
        app, engine = app_of()
        asking = post(app, [b'{"model"', None], kind=Call)
        asking.disconnect()
        await asking.end()
        return engine, asking.status, await post(app, CHAT)

    engine, status, later = run(scenario())
    assert status is None and len(engine.prompts) == 1 and later.status == 200
    assert [record["status"] for record in access_log()] == [499, 200]


@pytest.mark.parametrize("blocks_at", [b"data: ", b": keep-alive"])
def test_a_client_that_takes_nothing_is_dropped(access_log, blocks_at):
    class Blocked(Call):
        async def _send(self, message):
            await super()._send(message)
            if message.get("body", b"").startswith(blocks_at):
                await asyncio.Event().wait()

    async def scenario():
        app, engine = app_of("x" * 60, hangs_after=2, keep_alive_s=0.01, send_timeout_s=0.01)
        await post(app, STREAM, kind=Blocked).end()
        return engine

    assert run(scenario()).generations[0].cancelled
    assert access_log()[0]["ended"] == "stalled"


@pytest.mark.parametrize("body", [CHAT, STREAM])
def test_shutdown_tells_clients_that_wait(body, access_log):
    async def scenario():
        app, engine = app_of("x" * 60, hangs_after=3)
        answering = post(app, body, kind=Call)
        await until_read(engine, 3)
        app.state.chat.abort_all()
        return await answering.end()

    answer = run(scenario())
    last = json.loads(events(answer.body)[-1]) if body is STREAM else answer.json
    assert (last["error"]["type"], last["error"]["code"]) == ("overloaded_error", "shutting_down")
    assert answer.status == (200 if body is STREAM else 503)
    assert access_log()[0]["ended"] == "shutdown"
