"""The wire over a scripted engine: routes, server-sent events, errors, request ids."""

from __future__ import annotations

import asyncio
import gc
import json
import logging

import pytest

from scripted_wire import BODY, CHAT, STREAM, collect, error_of, events_of, get, request, wire_of


@pytest.mark.parametrize("path", [CHAT, "/waves" + CHAT])
def test_a_whole_answer(path):
    response = wire_of()[0].handle(request(path=path))
    assert (response.status, response.headers["content-type"]) == (200, "application/json")
    answer = json.loads(response.body)
    assert set(answer) == {"id", "object", "created", "model", "choices", "usage"}
    (choice,) = answer["choices"]
    assert choice["message"] == {"role": "assistant", "content": "Hello there.", "refusal": None}
    assert (choice["finish_reason"], choice["index"], choice["logprobs"]) == ("stop", 0, None)
    assert answer["usage"]["prompt_tokens_details"] == {"cached_tokens": 0}


def test_awaited_answers_are_the_same():
    wire, _ = wire_of()
    whole, awaited = wire.handle(request()), asyncio.run(wire.ahandle(request()))
    assert json.loads(whole.body)["choices"] == json.loads(awaited.body)["choices"]


def test_streams_plain_and_async():
    wire, _ = wire_of("Hi \u2028you")
    response = wire.handle(request(STREAM))
    assert response.headers["content-type"].startswith("text/event-stream")
    chunks = list(response.stream)
    assert "\u2028" not in b"".join(chunks).decode()
    events = events_of(chunks)

    async def run():
        return await collect((await wire.ahandle(request(STREAM))).stream)

    assert [event["choices"] for event in events_of(asyncio.run(run()))[:-1]] == [e["choices"] for e in events[:-1]]
    assert events[-1] == "[DONE]" and "usage" not in events[0]
    assert "".join(event["choices"][0]["delta"].get("content", "") for event in events[:-1]) == "Hi \u2028you"
    assert events[0]["choices"] == [{"delta": {"role": "assistant", "content": ""}, "finish_reason": None, "index": 0}]
    assert events[-2]["choices"] == [{"delta": {}, "finish_reason": "stop", "index": 0}]


def test_usage_comes_last_and_is_null_before():
    response = wire_of()[0].handle(request({**STREAM, "stream_options": {"include_usage": True}}))
    *chunks, usage, done = events_of(response.stream)
    assert done == "[DONE]" and usage["choices"] == [] and usage["usage"]["completion_tokens"] == 4
    assert all(chunk["usage"] is None for chunk in chunks)


@pytest.mark.parametrize("prefix", ["/v1", "/waves/v1"])
def test_models(prefix):
    wire, _ = wire_of()
    models = json.loads(wire.handle(get(prefix + "/models")).body)
    assert models["object"] == "list" and [model["id"] for model in models["data"]] == ["electron", "fake"]
    assert json.loads(wire.handle(get(prefix + "/models/fake")).body) == models["data"][1]
    missing = error_of(wire.handle(get(prefix + "/models/none")))
    assert (missing["code"], missing["param"]) == ("model_not_found", "model")


@pytest.mark.parametrize(
    "path", ["/", "", "/v1", "/v1/", "/v2/models", "/v1/modelsx", "/v1/chat/completions/", "/\ud800"]
)
def test_unknown_paths(path):
    response = wire_of()[0].handle(request(path=path))
    assert response.status == 404 and error_of(response)["code"] == "unknown_url"


@pytest.mark.parametrize(("method", "path", "allow"), [("GET", CHAT, "POST"), ("POST", "/v1/models", "GET")])
def test_wrong_methods(method, path, allow):
    response = wire_of()[0].handle(request(method=method, path=path))
    assert (response.status, response.headers["allow"]) == (405, allow)
    assert error_of(response)["type"] == "invalid_request_error"


@pytest.mark.parametrize("body", [BODY, STREAM])
@pytest.mark.parametrize("is_async", [False, True])
def test_errors_before_the_first_event_are_plain(body, is_async):
    wire, engine = wire_of(is_full=True)
    response = asyncio.run(wire.ahandle(request(body))) if is_async else wire.handle(request(body))
    assert response.status == 503 and error_of(response)["type"] == "overloaded_error"
    engine.is_full = False
    exchange = wire.open(request(body))
    engine.close()
    response = asyncio.run(exchange.arespond()) if is_async else exchange.respond()
    assert response.status == 503 and "closed" in error_of(response)["message"]


@pytest.mark.parametrize("is_async", [False, True])
def test_errors_in_the_middle_end_the_stream(is_async):
    wire, engine = wire_of()

    async def run():
        response = await wire.ahandle(request(STREAM))
        engine.close()
        return response, await collect(response.stream)

    if is_async:
        response, chunks = asyncio.run(run())
    else:
        response = wire.handle(request(STREAM))
        engine.close()
        chunks = list(response.stream)
    first, *_, last = events_of(chunks)
    assert response.status == 200 and first["choices"]
    assert last["error"]["type"] == "overloaded_error"
    assert last["error"]["request_id"] == response.headers["x-request-id"]


def test_faults_of_the_runtime_are_told_without_details(monkeypatch, caplog):
    wire, engine = wire_of()

    def fail(*args, **options):
        raise RuntimeError("secret")

    monkeypatch.setattr(engine, "submit", fail)
    with caplog.at_level(logging.ERROR, "electron_local"):
        response = wire.handle(request(x_request_id="mine"))
    error = error_of(response)
    assert response.status == 500 and error["type"] == "api_error" and "secret" not in error["message"]
    assert "mine" in caplog.text and "secret" in caplog.text


@pytest.mark.parametrize("given", ["req-1", "a.b:c_D", "x" * 128])
def test_sane_request_ids_are_kept(given):
    wire, _ = wire_of()
    for each in (request(x_request_id=given), request(b"", x_request_id=given), request(STREAM, x_request_id=given)):
        assert wire.handle(each).headers["x-request-id"] == given


@pytest.mark.parametrize("given", ["", "a b", "a\nb", "x" * 129, "-x", "é", "a\r\nset-cookie: b"])
def test_other_request_ids_are_replaced(given):
    assert wire_of()[0].handle(request(x_request_id=given)).headers["x-request-id"].startswith("req_")


def test_closing_a_stream_cancels():
    wire, engine = wire_of("x" * 3000)
    stream = wire.handle(request(STREAM)).stream
    next(stream)
    stream.close()
    stream.close()
    assert list(stream) == [] and engine.generations[0].cancelled


def test_dropping_a_stream_cancels():
    wire, engine = wire_of("x" * 3000)
    response = wire.handle(request(STREAM))
    next(response.stream)
    del response
    gc.collect()
    assert engine.generations[0].cancelled


def test_closing_an_async_stream_cancels():
    wire, engine = wire_of("x" * 3000)

    async def run():
        stream = (await wire.ahandle(request(STREAM))).stream
        await anext(stream)
        await stream.aclose()
        return await collect(stream)

    assert asyncio.run(run()) == [] and engine.generations[0].cancelled


@pytest.mark.parametrize("body", [BODY, STREAM])
def test_cancelling_the_task_cancels(body):
    wire, engine = wire_of("x" * 3000, hangs_after=1)

    async def run():
        task = asyncio.create_task(collect_all(wire, body))
        while not engine.generations or engine.generations[0].n_read < 1:
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    async def collect_all(wire, body):
        await collect((await wire.ahandle(request(body))).stream)

    asyncio.run(run())
    assert engine.generations[0].cancelled


@pytest.mark.parametrize("body", [BODY, STREAM])
def test_a_cancelled_exchange_ends(body):
    wire, engine = wire_of("x" * 3000)
    exchange = wire.open(request(body))
    exchange.cancel()
    response = exchange.respond()
    assert engine.generations[0].cancelled
    assert list(response.stream) == [] if body is STREAM else response.status == 503
