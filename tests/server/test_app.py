"""The HTTP door over a scripted engine, called as ASGI: no socket, no model."""

from __future__ import annotations

import asyncio
import json
import logging

import pytest
from asgi import Call, call, post, run

from electron_local.chat.completions import ChatPath
from electron_local.errors import OverloadedError
from electron_local.server import create_app
from electron_local.server.keys import KeyRing
from electron_local.server.limits import PLANS
from electron_local.server.options import ServerOptions
from fakes import FakeEngine, FakeGeneration

CHAT = {"model": "electron", "messages": [{"role": "user", "content": "secret prompt"}]}
STREAM = {**CHAT, "stream": True}


def app_of(*replies, hangs_after=None, is_full=False, **options):
    engine = FakeEngine(replies or ("Hello there.",), hangs_after=hangs_after, is_full=is_full)
    return create_app(ChatPath(engine), ServerOptions(**options)), engine


def events(body):
    """The data of an event stream, comments left out."""
    blocks = body.decode().split("\n\n")
    assert blocks.pop() == ""
    assert all(block.startswith(("data: ", ": ")) and "\n" not in block for block in blocks)
    return [block.removeprefix("data: ") for block in blocks if block.startswith("data: ")]


def the_error(response):
    return response.json["error"]


@pytest.fixture
def access_log(caplog):
    caplog.set_level(logging.INFO, logger="electron_local.access")
    return lambda: [json.loads(record.message) for record in caplog.records if record.name.endswith("access")]


@pytest.mark.parametrize("prefix", ["/v1", "/waves/v1"])
def test_answer_and_models_in_both_families(prefix):
    app, _ = app_of()
    answer = run(post(app, CHAT, path=prefix + "/chat/completions"))
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    assert answer.json["choices"][0]["message"]["content"] == "Hello there."
    assert answer.headers["content-length"] == str(len(answer.body))
    models = run(call(app, path=prefix + "/models"))
    assert [model["id"] for model in models.json["data"]] == ["electron", "fake"]
    assert run(call(app, path=prefix + "/models/fake")).json["id"] == "fake"


def test_stream():
    app, _ = app_of()
    answer = run(post(app, {**STREAM, "stream_options": {"include_usage": True}}))
    assert answer.status == 200 and answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["cache-control"] == "no-cache" and "content-length" not in answer.headers
    *chunks, done = events(answer.body)
    chunks = [json.loads(chunk) for chunk in chunks]
    assert done == "[DONE]" and chunks[-1]["usage"]["completion_tokens"] == 4
    text = "".join(choice["delta"].get("content", "") for chunk in chunks for choice in chunk["choices"])
    assert text == "Hello there."


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


@pytest.mark.parametrize("body", [CHAT, STREAM])
def test_a_disconnect_cancels_and_what_was_made_is_counted(body, access_log):
    async def scenario():
        app, engine = app_of("x" * 60, hangs_after=3)
        answering = post(app, body, kind=Call)
        while not engine.generations or engine.generations[0].n_read < 3:
            await asyncio.sleep(0)
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
        while not engine.generations or engine.generations[0].n_read < 3:
            await asyncio.sleep(0)
        app.state.chat.abort_all()
        return await answering.end()

    answer = run(scenario())
    last = json.loads(events(answer.body)[-1]) if body is STREAM else answer.json
    assert (last["error"]["type"], last["error"]["code"]) == ("overloaded_error", "shutting_down")
    assert answer.status == (200 if body is STREAM else 503)
    assert access_log()[0]["ended"] == "shutdown"


def test_keys():
    app, engine = app_of(keys=KeyRing(["alpha", "beta"]))
    for authorization in ("Bearer alpha", "bearer beta", "Bearer  beta"):
        assert run(post(app, CHAT, {"Authorization": authorization})).status == 200
    assert len(engine.prompts) == 3
    for authorization in (
        None,
        "",
        "Bearer",
        "Bearer ",
        "Bearer ALPHA",
        "Bearer alphabeta",
        "Basic alpha",
        "alpha",
        "é",
    ):
        headers = {} if authorization is None else {"Authorization": authorization}
        refused = run(post(app, CHAT, headers))
        assert (refused.status, the_error(refused)["type"]) == (401, "authentication_error")
        assert refused.headers["www-authenticate"] == "Bearer" and "alpha" not in the_error(refused)["message"]
        assert the_error(refused)["request_id"] == refused.headers["x-request-id"]
    assert len(engine.prompts) == 3
    assert [run(call(app, path=path)).status for path in ("/health", "/openapi.json")] == [200, 200]
    assert [run(call(app, path=path)).status for path in ("/metrics", "/v1/models", "/nonsense")] == [401] * 3


def test_plan_limits_what_runs_at_once():
    async def scenario():
        app, engine = app_of("x" * 60, hangs_after=2, plan=PLANS["standard"], keys=KeyRing(["alpha", "beta"]))
        alpha, beta = {"Authorization": "Bearer alpha"}, {"Authorization": "Bearer beta"}
        running = [post(app, CHAT, alpha, kind=Call) for _ in range(3)]
        while len(engine.generations) < 3:
            await asyncio.sleep(0)
        refused = await post(app, CHAT, alpha)
        models = await call(app, path="/v1/models", headers=alpha)
        other = post(app, CHAT, beta, kind=Call)
        while len(engine.generations) < 4:
            await asyncio.sleep(0)
        running[0].disconnect()
        await running[0].end()
        again = post(app, CHAT, alpha, kind=Call)
        while len(engine.generations) < 5:
            await asyncio.sleep(0)
        for waiting in (*running[1:], other, again):
            waiting.disconnect()
            await waiting.end()
        return refused, models

    refused, models = run(scenario())
    assert (refused.status, the_error(refused)["type"]) == (429, "rate_limit_error")
    assert refused.headers["retry-after"] == "1" and models.status == 200


def test_plan_limits_requests_a_minute_and_bad_ones_count():
    app, _ = app_of(plan=PLANS["standard"])
    statuses = [run(post(app, CHAT if n % 2 else b"nonsense")).status for n in range(11)]
    assert statuses == [400, 200] * 5 + [429]
    refused = run(post(app, CHAT))
    assert 1 <= int(refused.headers["retry-after"]) <= 60


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "invalid_json"),
        (b"{", 400, "invalid_json"),
        (b"\xff\xfe", 400, "invalid_json"),
        (b'{"model": NaN}', 400, "invalid_json"),
        (b"[" * 100_000, 400, "invalid_json"),
        (b"[]", 400, None),
        (b"{}", 400, None),
        ({**CHAT, "model": "gpt"}, 404, "model_not_found"),
        ({**CHAT, "n": 2}, 400, None),
        (b"x" * 200_001, 413, "request_too_large"),
        ([b"x" * 90_000] * 3, 413, "request_too_large"),
        ([b"x" * 90, None], 408, "request_timeout"),
    ],
)
def test_bad_bodies(body, status, code):
    app, engine = app_of(max_body_bytes=200_000, body_timeout_s=0.01 if status == 408 else 30)
    refused = run(post(app, body))
    assert refused.status == status and the_error(refused)["type"] == "invalid_request_error"
    assert code is None or the_error(refused)["code"] == code
    assert the_error(refused)["request_id"] == refused.headers["x-request-id"]
    assert not engine.prompts and run(post(app, CHAT)).status == 200


def test_a_declared_size_over_the_limit_is_refused_before_it_comes():
    app, _ = app_of()
    asking = run(post(app, [b"", None], {"Content-Length": "50000000"}))
    assert asking.status == 413


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/v1/nothing", 404),
        ("GET", "/v1/models/gpt", 404),
        ("GET", "/v1/chat/completions", 405),
        ("POST", "/v1/models", 405),
        ("POST", "/health", 405),
        ("DELETE", "/metrics", 405),
        ("BREW", "/v1/chat/completions", 405),
        ("GET", "http://here/v1/models/gpt", 404),
        ("GET", "HTTPS://here:1/v1/chat/completions", 405),
        ("POST", "http://here", 404),
        ("POST", "ftp://here/health", 404),
        ("OPTIONS", "*", 404),
        ("GET", "", 404),
        ("GET", "/line\nbreak", 404),
        ("GET", "/health/", 404),
        ("GET", "/v1/\ud800".encode("utf-8", "replace").decode(), 404),
    ],
)
def test_paths_and_methods(method, path, status):
    app, _ = app_of()
    refused = run(call(app, method, path))
    assert refused.status == status and the_error(refused)["request_id"] == refused.headers["x-request-id"]
    assert (status == 405) == ("allow" in refused.headers)


def test_request_ids():
    app, _ = app_of()
    ids = ["mine-1", "a" * 129, "two words", ""]
    answers = [run(post(app, CHAT, {"X-Request-Id": given})) for given in ids]
    returned = [answer.headers["x-request-id"] for answer in answers]
    assert returned[0] == "mine-1" and all(found.startswith("req_") for found in returned[1:])
    for path in ("/health", "/metrics", "/openapi.json", "/v1/models", "/nothing"):
        assert run(call(app, path=path, headers={"X-Request-Id": "mine-2"})).headers["x-request-id"] == "mine-2"
    streamed = run(post(app, STREAM, {"X-Request-Id": "mine-3"}))
    assert streamed.headers["x-request-id"] == "mine-3"


def test_overload_is_a_503_before_any_event():
    app, _ = app_of(is_full=True)
    refused = run(post(app, STREAM))
    assert (refused.status, the_error(refused)["type"]) == (503, "overloaded_error")


def test_a_fault_is_a_500_with_an_id_and_the_next_request_works(monkeypatch, caplog):
    app, engine = app_of()
    with monkeypatch.context() as broken:
        broken.setattr(engine, "stats", lambda: 1 / 0)
        fault = run(call(app, path="/metrics"))
    assert (fault.status, the_error(fault)["type"]) == (500, "api_error")
    assert "division" not in fault.body.decode() and "ZeroDivisionError" in caplog.text
    assert run(call(app, path="/metrics")).status == 200


def test_cors_is_off_unless_asked():
    preflight = {"Origin": "https://a.example", "Access-Control-Request-Method": "POST"}
    closed, _ = app_of()
    assert run(call(closed, "OPTIONS", "/v1/chat/completions", headers=preflight)).status == 403
    opened, _ = app_of(cors_origins=("https://a.example",), keys=KeyRing(["alpha"]))
    allowed = run(call(opened, "OPTIONS", "/v1/chat/completions", headers=preflight))
    assert allowed.status == 200 and allowed.headers["access-control-allow-origin"] == "https://a.example"
    for change in ({"Origin": "https://b.example"}, {"Access-Control-Request-Method": "PUT"}):
        refused = run(call(opened, "OPTIONS", "/v1/chat/completions", headers={**preflight, **change}))
        assert (refused.status, the_error(refused)["code"]) == (400, "cors_not_allowed")
        assert the_error(refused)["request_id"] == refused.headers["x-request-id"] and "vary" in refused.headers
        assert refused.headers["content-type"] == "application/json"
    refused = run(post(opened, CHAT, {"Origin": "https://a.example"}))
    assert refused.status == 401 and refused.headers["access-control-allow-origin"] == "https://a.example"
    other = run(post(opened, CHAT, {"Origin": "https://b.example", "Authorization": "Bearer alpha"}))
    assert "access-control-allow-origin" not in other.headers


@pytest.mark.parametrize(
    ("options", "origin", "status"),
    [
        ({}, "https://a.example", 403),
        ({}, "null", 403),
        ({"cors_origins": ("https://a.example",)}, "https://b.example", 403),
        ({"cors_origins": ("https://a.example",)}, "https://a.example", 200),
        ({"cors_origins": ("*",)}, "https://b.example", 200),
    ],
)
def test_web_pages_cannot_ask_behind_their_readers_back(options, origin, status):
    app, engine = app_of(**options)
    answer = run(post(app, CHAT, {"Origin": origin, "Content-Type": "text/plain"}))
    assert answer.status == status and len(engine.prompts) == (status == 200)
    assert ("access-control-allow-origin" in answer.headers) == (status == 200)
    assert status == 200 or the_error(answer)["type"] == "permission_error"


def test_the_access_log_tells_no_secrets(access_log):
    app, _ = app_of("secret answer", keys=KeyRing(["secret-key"]))
    run(post(app, CHAT, {"Authorization": "Bearer secret-key", "X-Request-Id": "mine"}))
    run(post(app, CHAT, {"Authorization": "Bearer secret-wrong"}))
    run(call(app, path="/line\nbreak" + "x" * 1000))
    good, refused, odd = access_log()
    assert (good["request_id"], good["method"], good["path"]) == ("mine", "POST", "/v1/chat/completions")
    assert (good["status"], good["key"], good["ended"], good["client"]) == (200, "key-1", "complete", "127.0.0.1")
    assert good["completion_tokens"] == 5 and good["cached_tokens"] == 0 and good["prompt_tokens"] > 10
    assert good["ms"] >= 0 and good["time"].endswith("Z")
    assert (refused["status"], refused["key"]) == (401, None) and "prompt_tokens" not in refused
    assert len(odd["path"]) == 200
    assert "secret" not in json.dumps([good, refused, odd])


def test_health():
    app, _ = app_of()
    assert run(call(app, path="/health")).json == {"status": "ok", "model": "fake", "models": ["electron", "fake"]}


def test_metrics():
    app, _ = app_of()
    for _ in range(2):
        run(post(app, CHAT))
    run(call(app, "BREW", "/some/random/path"))
    answer = run(call(app, path="/metrics"))
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = answer.body.decode().splitlines()
    assert 'electron_local_http_requests_total{method="POST",route="/v1/chat/completions",status="200"} 2' in lines
    assert 'electron_local_http_requests_total{method="other",route="other",status="404"} 1' in lines
    assert 'electron_local_http_request_seconds_bucket{le="+Inf"} 3' in lines
    assert "electron_local_http_requests_in_progress 1" in lines and "electron_local_engine_requests 2" in lines
    assert 'electron_local_tokens_total{kind="completion"} 8' in lines
    assert len({line.split(" ")[0] for line in lines if line[0] != "#"}) == sum(line[0] != "#" for line in lines)
