"""The HTTP door over a scripted engine, called as ASGI: no socket, no model."""

from __future__ import annotations

import json

import pytest
from asgi import call, post, run
from scripted_app import CHAT, STREAM, app_of, events, the_error

from electron_local.server.keys import KeyRing


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


def test_a_fault_is_a_500_with_an_id_and_the_next_request_works(monkeypatch, caplog):
    app, engine = app_of()
    with monkeypatch.context() as broken:
        broken.setattr(engine, "stats", lambda: 1 / 0)
        fault = run(call(app, path="/metrics"))
    assert (fault.status, the_error(fault)["type"]) == (500, "api_error")
    assert "division" not in fault.body.decode() and "ZeroDivisionError" in caplog.text
    assert run(call(app, path="/metrics")).status == 200


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
