"""HTTP/1.1 by uvicorn and h11: deadlines for slow clients, a cap on connections, errors in the API's shape."""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from electron_local.chat.request_ids import new_request_id
from electron_local.chat.wire import error_response
from electron_local.errors import APIError, BadRequestError, OverloadedError

HEAD_TIMEOUT_S = 30.0
PARTING_S = 5.0


class DeadlineProtocol(H11Protocol):
    """One connection. A client that dribbles its request's head is cut off after `HEAD_TIMEOUT_S`.

    So is one that takes nothing of the rest of an answer for `send_timeout_s`, and one whose answer was cut short, with
    what it has not taken after `PARTING_S`.

    Where more than `max_connections` are open, the one that has been without a request for the longest time is closed;
    where all have one, the newcomer is told to come back.
    """

    def __init__(self, *args: Any, max_connections: int, send_timeout_s: float, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._application, self.app = self.app, self._answer
        self._max_connections = max_connections
        self._send_timeout_s = send_timeout_s
        self._head_deadline: asyncio.TimerHandle | None = None
        self._rest_deadline: asyncio.TimerHandle | None = None
        self._is_one_too_many = False
        self._idle_since = 0.0  # the loop's seconds

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client is there; its first request's head is due."""
        super().connection_made(transport)
        self._idle_since = self.loop.time()
        self._is_one_too_many = len(self.connections) > self._max_connections and not self._close_an_idle_one()
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone."""
        self._stop_expecting()
        self._stop_watching()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Bytes came: the head is complete, or it is due."""
        if self._is_one_too_many:
            self._refuse()
            return
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._stop_expecting()
        elif self._head_deadline is None and self.conn.our_state is h11.IDLE and self.conn.trailing_data[0]:
            self._expect_head()

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        """The connection is another protocol's from here on."""
        self._stop_watching()
        super().handle_websocket_upgrade(event)

    def send_400_response(self, msg: str) -> None:
        """Answer what is not HTTP."""
        self._send_last(BadRequestError(msg, code="invalid_http"))

    def on_response_complete(self) -> None:
        """A response went out: the connection is idle, unless the next request is there already."""
        self._idle_since = self.loop.time()
        self._stop_watching()
        self._watch_the_rest()
        super().on_response_complete()

    @property
    def is_idle(self) -> bool:
        """Whether no request is being answered."""
        return self.cycle is None or self.cycle.response_complete

    async def _answer(self, scope: Any, receive: Any, send: Any) -> None:
        """The application; it ends answers that cannot go on by leaving them incomplete."""
        cycle = self.cycle
        try:
            await self._application(scope, receive, send)
        finally:
            if not cycle.response_complete:
                self.loop.call_later(PARTING_S, self.transport.abort)

    def _watch_the_rest(self, n_before: int | None = None) -> None:
        """`n_before`: bytes that were left `send_timeout_s` ago."""
        n_left = self.transport.get_write_buffer_size()
        if n_left == n_before:
            self.transport.abort()
        elif n_left > 0:
            self._rest_deadline = self.loop.call_later(self._send_timeout_s, self._watch_the_rest, n_left)

    def _stop_watching(self) -> None:
        if self._rest_deadline is not None:
            self._rest_deadline.cancel()
            self._rest_deadline = None

    def _close_an_idle_one(self) -> bool:
        idle = [each for each in self.connections if isinstance(each, DeadlineProtocol) and each is not self]
        idle = [each for each in idle if each.is_idle and not each.transport.is_closing()]
        if not idle:
            return False
        min(idle, key=lambda each: each._idle_since).transport.close()
        return True

    def _refuse(self) -> None:
        """Answer the first bytes of a request: what is said before them may be lost to the client."""
        if self.transport.is_closing():
            return
        message = f"{self._max_connections} connections are open, which is the limit; try again later"
        self._send_last(OverloadedError(message, code="too_many_connections"))

    def _send_last(self, error: APIError) -> None:
        """An answer to no request in particular, and the end of the connection."""
        response = error_response(error, new_request_id())
        reason = b"Bad Request" if response.status == 400 else b"Service Unavailable"
        headers = {**response.headers, "content-length": str(len(response.body)), "connection": "close"}
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        for event in (
            h11.Response(status_code=response.status, headers=raw, reason=reason),
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
