"""HTTP clients that take their answers slowly, or not at all."""

from __future__ import annotations

import pytest
import uvicorn
from test_sockets import CHAT, _wait_for, connected, request_bytes, serving
from uvicorn.server import ServerState
from virtual_loop import VirtualLoop, VirtualTransport

from electron_local.chat.completions import ChatPath
from electron_local.server import protocol as protocol_module
from electron_local.server.protocol import DeadlineProtocol
from fakes import FakeEngine

LONG = {"replies": ["word " * 60_000], "n_chars": 5, "n_ctx": 400_000}


@pytest.mark.parametrize("is_stream", [True, False])
def test_a_client_that_takes_nothing_keeps_no_connection(is_stream, monkeypatch):
    monkeypatch.setattr(protocol_module, "PARTING_S", 0.1)
    engine = FakeEngine(**LONG)
    with (
        serving(ChatPath(engine), send_buffer=4096, send_timeout_s=0.3, keep_alive_s=0.2) as (url, server),
        connected(url, receive_buffer=4096) as connection,
    ):
        connection.sendall(request_bytes({**CHAT, "stream": is_stream}))
        _wait_for(lambda: engine.generations)
        _wait_for(lambda: not server.server_state.connections)


async def _app(scope, receive, send):
    """Is not asked here."""


def test_a_client_that_takes_a_whole_answer_slowly_is_waited_for():
    loop, transport = VirtualLoop(), VirtualTransport()
    config = uvicorn.Config(_app, log_config=None)
    protocol = DeadlineProtocol(config, ServerState(), {}, loop, max_connections=1, send_timeout_s=7.0)
    protocol.connection_made(transport)
    transport.n_left = 300
    protocol.on_response_complete()
    for transport.n_left in (200, 100):
        loop.advance(7.0)
        assert not transport.is_aborted
    loop.advance(7.0)
    assert transport.is_aborted
