"""The WebSocket door at `/waves/v1/s2s`: one socket is one `voice.Session` (PROTOCOL §2)."""

from __future__ import annotations

import asyncio
import json

from starlette.datastructures import QueryParams
from starlette.types import Receive, Scope, Send

from electron_local.audio_api.path import as_api_errors
from electron_local.errors import APIError
from electron_local.server.gate import send_refusal
from electron_local.server.handshake import read_query
from electron_local.server.observer import record_of
from electron_local.server.options import ServerOptions
from electron_local.server.session_places import Places
from electron_local.server.session_socket import SessionSocket
from electron_local.server.session_source import SessionSource
from electron_local.voice import Session, SessionConfig
from electron_local.voice.client_frames import FrameReader
from electron_local.voice.events import ErrorOccurred
from electron_local.voice.items import ErrorInfo

TRY_AGAIN_LATER = 1013


class Realtime:
    """ASGI application. Owned by the event loop; at most `max_sessions` sessions run, and close, at once."""

    def __init__(self, source: SessionSource, options: ServerOptions) -> None:
        self._source = source
        self._options = options
        self._config = SessionConfig(idle_timeout_s=options.session_idle_s, model_judges_end=options.model_judges_end)
        self._places = Places(options.max_sessions)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one socket from its handshake to its end. The gate has let it pass."""
        record = record_of(scope)
        if (await receive())["type"] != "websocket.connect":
            return
        try:
            asked = read_query(QueryParams(scope["query_string"]), self._config)
            place = await self._places.take()
            if place is None:
                record.ended = "full"
                await self._turn_away(send)
                return
            try:
                session = await self._open(asked.config)
                socket = SessionSocket(session, FrameReader(asked.input_encoding), record, self._options)
                await socket.run(receive, send, on_end=place.leave)
            finally:
                place.give_back()
        except APIError as error:
            await send_refusal(send, error, record.request_id)

    async def _open(self, config: SessionConfig) -> Session:
        with as_api_errors():
            return await asyncio.to_thread(self._source, config)

    async def _turn_away(self, send: Send) -> None:
        message = f"{self._options.max_sessions} sessions are open, which is the limit; try again later"
        full = ErrorOccurred(error=ErrorInfo("overloaded_error", "server_full", message))
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.send", "text": json.dumps(full.to_wire())})
        await send({"type": "websocket.close", "code": TRY_AGAIN_LATER, "reason": "server_full"})
