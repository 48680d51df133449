"""What the official SDK raises: refusals, closed clients, wrong arguments, no SDK."""

from __future__ import annotations

import sys

import pytest

from electron_local.client import Electron
from electron_local.errors import InvalidArgumentError, MissingDependencyError
from electron_local.openai import AsyncOpenAI, OpenAI
from fakes import FakeEngine
from scripted_sdk import ASK, sdk_of

openai = pytest.importorskip("openai")


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
