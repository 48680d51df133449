"""What the WebSockets of speech and of transcripts have in common: frames in, JSON out, an end when nothing comes."""

from __future__ import annotations

import asyncio
import json
from abc import ABC, abstractmethod
from collections.abc import Coroutine
from typing import Any

from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from electron_local.audio_api.path import AudioPath, as_api_errors
from electron_local.chat.wire_error import as_api_error
from electron_local.errors import BadRequestError, OverloadedError
from electron_local.server.gate import send_refusal
from electron_local.server.observer import record_of
from electron_local.server.socket_end import SocketEnd, end_of_close
from electron_local.server.time_limit import within

IDLE_S = 60.0
SEND_TIMEOUT_S = 60.0
NORMAL = 1000
_CLOSES = {500: 1011, 503: 1013}  # how errors are told that are not the client's


class StalledError(Exception):
    """The client takes nothing."""


class LiveSocket(ABC):
    """ASGI application; one object serves all sockets of its path. Owned by the event loop."""

    hears = False

    def __init__(self, path: AudioPath, *, idle_s: float = IDLE_S, send_timeout_s: float = SEND_TIMEOUT_S) -> None:
        self.path = path
        self._idle_s = idle_s
        self._send_timeout_s = send_timeout_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one socket. A handshake whose query is wrong is refused; afterwards errors are messages."""
        record = record_of(scope)
        socket = WebSocket(scope, receive, send)
        await socket.receive()
        try:
            opened = self.read_query(dict(socket.query_params))
        except BadRequestError as error:
            await send_refusal(send, error, record.request_id)
            return
        try:
            await self._taken(socket.accept())
            record.ended = await self._serve(socket, opened, record.request_id)
        except WebSocketDisconnect as gone:
            record.ended = end_of_close(gone.code)
        except StalledError:
            record.ended = "stalled"

    async def _serve(self, socket: WebSocket, opened: Any, request_id: str) -> SocketEnd:
        """From the open socket to the closed one."""
        code = NORMAL
        try:
            with self.path.admitted(hears=self.hears):
                end = await self.converse(socket, opened)
        except (WebSocketDisconnect, StalledError):
            raise
        except Exception as error:
            told = as_api_error(error, request_id)
            end = "full" if isinstance(told, OverloadedError) else "failed"
            code = _CLOSES.get(told.status_code, NORMAL)
            await self.send(socket, {"status": "error", "message": str(told)})
        await self._taken(socket.close(code))
        return end

    @abstractmethod
    def read_query(self, query: dict[str, str]) -> Any:
        """What the handshake asks for. Raises BadRequestError."""

    @abstractmethod
    async def converse(self, socket: WebSocket, opened: Any) -> SocketEnd:
        """Serve an accepted socket until it is done; how it ended. What it raises is told to the client."""

    async def next_frame(self, socket: WebSocket, timeout_s: float | None = None) -> str | bytes | None:
        """The client's next frame; None after `timeout_s`, or when idle. Raises WebSocketDisconnect."""
        try:
            message = await within(timeout_s or self._idle_s, socket.receive())
        except asyncio.TimeoutError:
            return None
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1005))
        text: str | None = message.get("text")
        return text if text is not None else bytes(message["bytes"])

    async def send(self, socket: WebSocket, message: Any) -> None:
        """Send it as JSON. Raises WebSocketDisconnect, and StalledError when the client takes nothing."""
        await self._taken(socket.send_json(message))

    async def _taken(self, sending: Coroutine[Any, Any, None]) -> None:
        try:
            await within(self._send_timeout_s, sending)
        except asyncio.TimeoutError as error:
            raise StalledError from error
        except (OSError, RuntimeError) as error:  # RuntimeError: uvicorn has closed the socket itself
            raise WebSocketDisconnect(1006) from error

    async def in_thread(self, work: Any, *arguments: Any) -> Any:
        """Do work that computes, outside the loop. Errors of the engines become APIErrors."""

        def guarded() -> Any:
            with as_api_errors():
                return work(*arguments)

        return await asyncio.get_running_loop().run_in_executor(self.path.executor, guarded)


def read_message(text: str) -> Any:
    """The JSON of a text frame. Raises BadRequestError."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadRequestError(f"the frame is not JSON: {error}", code="invalid_json") from error
