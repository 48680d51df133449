"""WebSockets in virtual time: who is there, and who is not; what is read and what is not."""

from __future__ import annotations

import asyncio

import pytest
import uvicorn
from test_connections import HANDSHAKE
from uvicorn.server import ServerState
from virtual_loop import VirtualLoop, VirtualTransport

from electron_local.server import websocket_protocol
from electron_local.server.websocket_protocol import WebSocketProtocol

FRAME = b"\x81\x82" + bytes(4) + b"{}"
CLOSE = b"\x88\x82" + bytes(4) + b"\x03\xe8"
PING_S = 20.0


async def _app(scope, receive, send):
    """Is not asked here."""


@pytest.fixture
def opened():
    """An open socket: its loop, its transport and its protocol."""
    loop, transport = VirtualLoop(), VirtualTransport()
    config = uvicorn.Config(_app, log_config=None, ws_ping_interval=PING_S, ws_ping_timeout=PING_S)
    protocol = WebSocketProtocol(config, ServerState(), {}, loop)
    protocol.connection_made(transport)
    protocol.data_received(HANDSHAKE + b"\r\n")
    asyncio.run(protocol.receive())
    asyncio.run(protocol.send({"type": "websocket.accept"}))
    return loop, transport, protocol


def test_who_says_nothing_is_cut(opened):
    loop, transport, _ = opened
    loop.advance(2 * PING_S - 1)
    assert not transport.is_closed
    loop.advance(1)
    assert transport.is_closed


def test_who_sends_frames_is_there_without_a_pong(opened):
    loop, transport, protocol = opened
    for _ in range(100):
        protocol.data_received(FRAME)
        asyncio.run(protocol.receive())
        loop.advance(1)
        assert not transport.is_closed
    loop.advance(2 * PING_S)
    assert transport.is_closed


def test_who_is_not_read_may_be_there(opened, monkeypatch):
    loop, transport, protocol = opened
    monkeypatch.setattr(websocket_protocol, "READ_AHEAD_BYTES", 1)
    protocol.data_received(FRAME)
    loop.advance(10 * PING_S)
    assert not transport.is_closed
    asyncio.run(protocol.receive())
    loop.advance(2 * PING_S)
    assert transport.is_closed


def test_only_so_much_is_read_ahead(opened, monkeypatch):
    _, transport, protocol = opened
    monkeypatch.setattr(websocket_protocol, "READ_AHEAD_BYTES", 10_000)
    n_sent = 0
    while transport.is_reading:
        protocol.data_received(FRAME)
        n_sent += 1
    assert n_sent > 10
    assert asyncio.run(protocol.receive()) == {"type": "websocket.receive", "text": "{}"} and transport.is_reading


def test_a_close_overtakes_what_was_not_taken(opened):
    _, _, protocol = opened
    protocol.data_received(FRAME * 50 + CLOSE)
    message = asyncio.run(protocol.receive())
    assert (message["type"], message["code"]) == ("websocket.disconnect", 1000)
