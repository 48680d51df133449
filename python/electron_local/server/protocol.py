"""HTTP/1.1 by uvicorn and h11, with a deadline for request heads and errors in the API's shape."""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from electron_local.chat.request_ids import new_request_id
from electron_local.chat.wire import error_response
from electron_local.errors import BadRequestError

HEAD_TIMEOUT_S = 30.0


class DeadlineProtocol(H11Protocol):
    """One connection. A client that dribbles its request's head is cut off after `HEAD_TIMEOUT_S`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._head_deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client is there; its first request's head is due."""
        super().connection_made(transport)
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone."""
        self._stop_expecting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Bytes came: the head is complete, or it is due."""
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._stop_expecting()
        elif self._head_deadline is None and self.conn.our_state is h11.IDLE and self.conn.trailing_data[0]:
            self._expect_head()

    def send_400_response(self, msg: str) -> None:
        """Answer what is not HTTP."""
        response = error_response(BadRequestError(msg, code="invalid_http"), new_request_id())
        headers = {**response.headers, "content-length": str(len(response.body)), "connection": "close"}
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        for event in (
            h11.Response(status_code=400, headers=raw, reason=b"Bad Request"),
            h11.Data(data=response.body),
            h11.EndOfMessage(),
        ):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def _expect_head(self) -> None:
        self._head_deadline = self.loop.call_later(HEAD_TIMEOUT_S, self.transport.close)

    def _stop_expecting(self) -> None:
        if self._head_deadline is not None:
            self._head_deadline.cancel()
            self._head_deadline = None
