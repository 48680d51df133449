"""A wire over a scripted engine, and what its responses hold."""

from __future__ import annotations

import json

from electron_local.chat.completions import ChatPath
from electron_local.chat.wire import Wire, WireRequest
from fakes import FakeEngine

CHAT = "/v1/chat/completions"
BODY = {"model": "electron", "messages": [{"role": "user", "content": "Hello"}]}
STREAM = {**BODY, "stream": True}


def wire_of(*replies, max_body_bytes=2**20, **options):
    engine = FakeEngine(replies or ("Hello there.",), **options)
    return Wire(ChatPath(engine), max_body_bytes=max_body_bytes), engine


def request(body=BODY, *, path=CHAT, method="POST", **headers):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return WireRequest(method, path, {name.replace("_", "-"): value for name, value in headers.items()}, raw)


def get(path):
    return request(b"", path=path, method="GET")


def error_of(response):
    assert response.stream is None and response.headers["content-type"] == "application/json"
    error = json.loads(response.body)["error"]
    assert error["request_id"] == response.headers["x-request-id"]
    return error


def events_of(chunks):
    events = [chunk.decode() for chunk in chunks]
    assert all(event.startswith("data: ") and event.endswith("\n\n") for event in events)
    return [event[6:-2] if event == "data: [DONE]\n\n" else json.loads(event[6:]) for event in events]


async def collect(stream):
    return [chunk async for chunk in stream]
