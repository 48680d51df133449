"""What the WebSockets of speech and of transcripts have in common: frames in, JSON out, an end when nothing comes."""

from __future__ import annotations

import asyncio
import json
from abc import ABC, abstractmethod
from typing import Any

from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from electron_local.audio_api.path import AudioPath, as_api_errors
from electron_local.chat.wire_error import as_api_error
from electron_local.errors import BadRequestError
from electron_local.server.gate import send_refusal
from electron_local.server.observer import record_of

IDLE_S = 60.0
NORMAL = 1000
_CLOSES = {500: 1011, 503: 1013}  # how errors are told that are not the client's


class LiveSocket(ABC):
    """ASGI application; one object serves all sockets of its path. Owned by the event loop."""

    hears = False

    def __init__(self, path: AudioPath, *, idle_s: float = IDLE_S) -> None:
        self.path = path
        self._idle_s = idle_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one socket. A handshake whose query is wrong is refused; afterwards errors are messages."""
        socket = WebSocket(scope, receive, send)
        await socket.receive()
        try:
            opened = self.read_query(dict(socket.query_params))
        except BadRequestError as error:
            await send_refusal(send, error, record_of(scope).request_id)
            return
        await socket.accept()
        code = NORMAL
        try:
            with self.path.admitted(hears=self.hears):
                await self.converse(socket, opened)
        except WebSocketDisconnect:
            return
        except Exception as error:
            told = as_api_error(error, record_of(scope).request_id)
            code = _CLOSES.get(told.status_code, NORMAL)
            await socket.send_json({"status": "error", "message": str(told)})
        if socket.application_state is WebSocketState.CONNECTED:
            await socket.close(code)

    @abstractmethod
    def read_query(self, query: dict[str, str]) -> Any:
        """What the handshake asks for. Raises BadRequestError."""

    @abstractmethod
    async def converse(self, socket: WebSocket, opened: Any) -> None:
        """Serve an accepted socket until it is done."""

    async def next_frame(self, socket: WebSocket, timeout_s: float | None = None) -> str | bytes | None:
        """The client's next frame; None after `timeout_s`, or when idle. Raises WebSocketDisconnect."""
        try:
            message = await asyncio.wait_for(socket.receive(), timeout_s or self._idle_s)
        except asyncio.TimeoutError:
            return None
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", NORMAL))
        text: str | None = message.get("text")
        return text if text is not None else bytes(message["bytes"])

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
