"""Many connections: the cap, slow clients that hold them open, who finds no room; and odd heads of requests."""

from __future__ import annotations

import contextlib
import json
import threading

import pytest
from test_sockets import CHAT, connected, health, read_all, read_until, request_bytes, serving

from electron_local.chat.completions import ChatPath
from electron_local.chat.wire import error_response
from electron_local.errors import OverloadedError
from fakes import FakeEngine

HEALTH = b"GET /health HTTP/1.1\r\nHost: here\r\n\r\n"
HANDSHAKE = (
    b"GET /waves/v1/s2s HTTP/1.1\r\nHost: here\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
)


def test_a_full_queue_says_when_to_come_back():
    with serving(ChatPath(FakeEngine(is_full=True))) as (url, _), connected(url) as connection:
        connection.sendall(request_bytes(CHAT))
        answer = read_until(connection, b"}}").lower()
        assert answer.startswith(b"http/1.1 503 ") and b"retry-after: 1\r\n" in answer and b"overloaded_error" in answer


def test_every_503_has_a_time():
    assert error_response(OverloadedError("full", retry_after_s=7), "req_1").headers["retry-after"] == "7"


def test_idle_connections_give_way_to_newcomers():
    with serving(ChatPath(FakeEngine()), max_connections=3) as (url, _), contextlib.ExitStack() as held:
        kept = [held.enter_context(connected(url)) for _ in range(3)]
        kept[0].sendall(HEALTH)
        read_until(kept[0], b"}")  # now idle, but for a shorter time than the others
        kept[1].sendall(b"GET /hea")
        for _ in range(5):
            assert health(url) == "ok"
        assert sum(_is_closed(connection) for connection in kept) >= 1


def _is_closed(connection):
    connection.settimeout(0.2)
    try:
        return connection.recv(10) == b""
    except TimeoutError:
        return False


def test_running_answers_are_never_cut_for_newcomers():
    engine = FakeEngine(["x" * 60], hangs_after=3)
    with serving(ChatPath(engine), max_connections=2) as (url, _), contextlib.ExitStack() as held:
        for _ in range(2):
            connection = held.enter_context(connected(url))
            connection.sendall(request_bytes({**CHAT, "stream": True}))
            read_until(connection, b"data: ")
        with connected(url) as newcomer:
            newcomer.sendall(HEALTH)
            answer = read_all(newcomer).lower()
        assert answer.startswith(b"http/1.1 503 ") and b"retry-after: 1" in answer and b"too_many_connections" in answer
        assert not any(generation.cancelled for generation in engine.generations)
        held.close()
        _until_healthy(url)


def _until_healthy(url):
    for _ in range(200):
        with contextlib.suppress(OSError):
            assert health(url) == "ok"
            return
        threading.Event().wait(0.05)
    raise AssertionError("nobody is let in any more")


def test_a_flood_of_slow_clients_keeps_nobody_out():
    with serving(ChatPath(FakeEngine()), max_connections=20) as (url, _), contextlib.ExitStack() as held:
        for i in range(60):
            slow = held.enter_context(connected(url))
            slow.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nX-Slow: ")
            if i % 10 == 0:
                assert health(url) == "ok"
        with connected(url) as connection:
            connection.sendall(request_bytes(CHAT))
            assert read_until(connection, b'"chat.completion"').startswith(b"HTTP/1.1 200 ")


def test_targets_that_are_whole_urls():
    with serving(ChatPath(FakeEngine())) as (url, _), connected(url) as connection:
        connection.sendall(request_bytes(CHAT, path="http://here/v1/chat/completions"))
        assert read_until(connection, b'"chat.completion"').startswith(b"HTTP/1.1 200 ")
        connection.sendall(HANDSHAKE.replace(b"/waves/v1/s2s", b"ws://here/waves/v1/tts/live") + b"\r\n")
        assert read_until(connection, b"\r\n\r\n").startswith(b"HTTP/1.1 101 ")


@pytest.mark.parametrize(
    ("handshake", "status"),
    [
        (HANDSHAKE.replace(b"Version: 13", b"Version: 8"), 400),
        (HANDSHAKE.replace(b"Sec-WebSocket-Key", b"X-Key"), 400),
        (HANDSHAKE.replace(b"==", b""), 400),
        (HANDSHAKE.replace(b"GET", b"POST"), 405),
        (HANDSHAKE.replace(b"GET", b"POST") + b"Content-Length: 2\r\n", 400),
        (HANDSHAKE + b"Transfer-Encoding: chunked\r\n", 400),
        (HANDSHAKE + b"X: y\r\n" * 200, 431),
    ],
)
def test_wrong_handshakes(handshake, status):
    with serving(ChatPath(FakeEngine())) as (url, _), connected(url) as connection:
        connection.sendall(handshake + b"\r\n")
        head, _, body = read_all(connection).partition(b"\r\n\r\n")
        error = json.loads(body)["error"]
        assert head.startswith(b"HTTP/1.1 %d " % status) and b"content-type: application/json" in head.lower()
        assert (error["type"], error["code"]) == ("invalid_request_error", "invalid_handshake")
        assert f"x-request-id: {error['request_id']}" in head.decode().lower()
        assert (status == 405) == (b"allow: get" in head.lower())
        assert health(url) == "ok"
