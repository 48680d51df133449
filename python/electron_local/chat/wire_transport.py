"""httpx transports over the wire: a request to them is answered in this process, without a socket.

`httpx` here is the module that the caller's client is made of: httpx, or httpx2, which has the same classes.
"""

from __future__ import annotations

import weakref
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from electron_local.chat.wire import BaseExchange, Exchange, Wire, WireRequest, WireResponse, request_id_of
from electron_local.chat.wire_read_limit import ReadLimit, Schedule, in_a_thread, in_the_loop
from electron_local.chat.wire_response import BodyStream
from electron_local.errors import OverloadedError

OpenWire = Callable[[], Wire]  # raises OverloadedError when the client is closed


class _Transport:
    """What both transports share. Any thread, any number of requests at once."""

    def __init__(self, wire: OpenWire, httpx: Any) -> None:
        self._wire = wire
        self._httpx = httpx

    def _open(self, request: Any, body: bytes) -> BaseExchange:
        query = request.url.query.decode("latin-1")
        asked = WireRequest(request.method, request.url.path, dict(request.headers), body, query)
        try:
            return self._wire().open(asked)
        except OverloadedError as error:
            return Exchange(error, request_id_of(asked.headers))

    def _limit(self, request: Any, exchange: BaseExchange, schedule: Schedule) -> ReadLimit:
        limit_s = request.extensions.get("timeout", {}).get("read")
        return ReadLimit(limit_s, exchange.cancel, schedule)

    def _late(self, request: Any) -> Exception:
        limit_s = request.extensions["timeout"]["read"]
        error: Exception = self._httpx.ReadTimeout(f"no answer within {limit_s:g} s; it was cancelled", request=request)
        return error

    def _response(self, response: WireResponse, events: Any) -> Any:
        headers = response.headers | ({"x-should-retry": "false"} if response.status >= 400 else {})
        body = {"content": response.body} if events is None else {"stream": events}
        return self._httpx.Response(response.status, headers=headers, **body)


class Transport(_Transport):
    """For an `httpx.Client`. The read time-out of a request bounds each wait for an answer, or for a piece of one."""

    def __init__(self, wire: OpenWire, httpx: Any) -> None:
        super().__init__(wire, httpx)
        self._event_stream: Any = type("EventStream", (_Events, httpx.SyncByteStream), {})

    def handle_request(self, request: Any) -> Any:
        """Answer `request`. Raises httpx.ReadTimeout."""
        exchange = self._open(request, request.read())
        limit = self._limit(request, exchange, in_a_thread)
        stream = None
        try:
            with limit:
                response = exchange.respond()
            if limit.is_expired:
                raise self._late(request)
            stream = response.stream
        finally:
            if stream is None:
                limit.stop()
        if stream is None:
            return self._response(response, None)
        return self._response(response, self._event_stream(stream, limit, lambda: self._late(request)))

    def close(self) -> None:
        """Nothing is held."""

    def __enter__(self) -> Transport:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


class AsyncTransport(_Transport):
    """`Transport` for an `httpx.AsyncClient` on asyncio."""

    def __init__(self, wire: OpenWire, httpx: Any) -> None:
        super().__init__(wire, httpx)
        self._event_stream: Any = type("AsyncEventStream", (_AsyncEvents, httpx.AsyncByteStream), {})

    async def handle_async_request(self, request: Any) -> Any:
        """Answer `request`. Raises httpx.ReadTimeout; cancelling the task cancels the computation."""
        exchange = self._open(request, await request.aread())
        limit = self._limit(request, exchange, in_the_loop)
        stream = None
        try:
            with limit:
                response = await exchange.arespond()
            if limit.is_expired:
                raise self._late(request)
            stream = response.stream
        finally:
            if stream is None:
                limit.stop()
        if stream is None:
            return self._response(response, None)
        return self._response(response, self._event_stream(stream, limit, lambda: self._late(request)))

    async def aclose(self) -> None:
        """Nothing is held."""

    async def __aenter__(self) -> AsyncTransport:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.aclose()


class _EventsBase:
    def __init__(self, stream: BodyStream, limit: ReadLimit, late: Callable[[], Exception]) -> None:
        self._stream = stream
        self._limit = limit
        self._late = late
        weakref.finalize(self, limit.stop).atexit = False


class _Events(_EventsBase):
    """The body of a streamed response; becomes an `httpx.SyncByteStream` together with it."""

    def __iter__(self) -> Iterator[bytes]:
        while True:
            with self._limit:
                event = next(self._stream, None)
            if self._limit.is_expired:
                raise self._late()
            if event is None:
                return
            yield event

    def close(self) -> None:
        self._limit.stop()
        self._stream.close()


class _AsyncEvents(_EventsBase):
    """The same for an `httpx.AsyncByteStream`."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            with self._limit:
                event = await anext(self._stream, None)
            if self._limit.is_expired:
                raise self._late()
            if event is None:
                return
            yield event

    async def aclose(self) -> None:
        self._limit.stop()
        await self._stream.aclose()
