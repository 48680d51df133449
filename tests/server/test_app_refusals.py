"""Whom the HTTP door refuses: wrong keys, too many requests, bad bodies, pages of others."""

from __future__ import annotations

import asyncio

import pytest
from asgi import Call, call, post, run
from scripted_app import CHAT, STREAM, app_of, the_error

from electron_local.server.keys import KeyRing
from electron_local.server.limits import PLANS


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


def test_overload_is_a_503_before_any_event():
    app, _ = app_of(is_full=True)
    refused = run(post(app, STREAM))
    assert (refused.status, the_error(refused)["type"]) == (503, "overloaded_error")


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
