"""WebSockets by uvicorn and websockets: limits, errors in the API's shape, an end when the client is silent."""

from __future__ import annotations

import asyncio
import logging
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.datastructures import Headers
from websockets.http11 import Response
from websockets.server import ServerProtocol
from websockets.typing import StatusLike

from electron_local.chat.request_ids import new_request_id
from electron_local.chat.wire import error_response
from electron_local.errors import BadRequestError, InternalServerError
from electron_local.server.unread_messages import UnreadMessages

PARTING_S = 5.0
READ_AHEAD_BYTES = 8 * 2**20


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """One WebSocket. `PARTING_S` after the application is done with it, it is cut, however much was not taken yet.

    It is read `READ_AHEAD_BYTES` ahead of the application: pings are answered and a close is seen while a slow
    application has messages to take.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.conn = _Handshake(max_size=self.config.ws_max_size, logger=logging.getLogger("uvicorn.error"))
        self.queue = self._unread = UnreadMessages()
        self._heard_at = 0.0  # when bytes came last, in the loop's seconds

    def data_received(self, data: bytes) -> None:
        """Bytes came. uvicorn leaves a handshake unanswered that websockets cannot read."""
        self._heard_at = self.loop.time()
        super().data_received(data)
        fault = self.conn.handshake_exc
        if fault is not None and not self.handshake_initiated:
            refusal = b"".join(self.conn.data_to_send())
            if not refusal:
                message = f"Failed to open a WebSocket connection: {fault.__cause__ or fault}."
                refusal = self.conn.reject(HTTPStatus.BAD_REQUEST, message).serialize()
            self.transport.write(refusal)
            self.transport.close()

    def send_receive_event_to_app(self) -> None:
        """A message is complete. uvicorn would stop reading at the first."""
        was_paused, self.read_paused = self.read_paused, True
        super().send_receive_event_to_app()
        self.read_paused = was_paused
        if not was_paused and self._unread.n_bytes >= READ_AHEAD_BYTES:
            self.read_paused = True
            self.transport.pause_reading()

    async def receive(self) -> Any:
        """The next message, for the application."""
        message = await super().receive()
        if self.read_paused and self._unread.n_bytes < READ_AHEAD_BYTES:
            self.read_paused = False
            self.transport.resume_reading()
        return message

    def keepalive_timeout(self) -> None:
        """No pong came in time. It may lie behind frames: who sends them is there, and so may be who waits to.

        What waits is read when the application has taken what came before; it also judges who takes nothing from it.
        """
        due_s = self.ping_timeout or 0.0
        if self.read_paused or self.loop.time() - self._heard_at < due_s:
            self.pong_timer = self.loop.call_later(due_s, self.keepalive_timeout)
        else:
            super().keepalive_timeout()

    def on_task_complete(self, task: asyncio.Task[None]) -> None:
        """The application has returned."""
        super().on_task_complete(task)
        self.loop.call_later(PARTING_S, self.transport.abort)


class _Handshake(ServerProtocol):
    """The bytes of one WebSocket."""

    def reject(self, status: StatusLike, text: str) -> Response:
        """The answer to a handshake that failed; `text` says why."""
        status = HTTPStatus(status)
        message = " ".join(text.split()) or status.phrase
        fault = InternalServerError if status == HTTPStatus.INTERNAL_SERVER_ERROR else BadRequestError
        told = error_response(fault(message, code="invalid_handshake"), new_request_id())
        headers = {**told.headers, "content-length": str(len(told.body)), "connection": "close"}
        return Response(status.value, status.phrase, Headers(headers), told.body)
