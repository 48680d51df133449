"""One answer on its way to one client: bytes out, silence filled, and an end when the client is gone."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Literal

from starlette.types import Receive, Send

from electron_local.chat.wire import BaseExchange, Wire, WireRequest, WireResponse, error_response
from electron_local.chat.wire_response import BodyStream
from electron_local.errors import APIError, OverloadedError
from electron_local.server.access_log import AccessRecord
from electron_local.server.options import ServerOptions
from electron_local.server.responses import send_head, send_whole

KEEP_ALIVE = b": keep-alive\n\n"
EVENT_STREAM = {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-cache",
    "x-accel-buffering": "no",  # proxies pass events on at once
}

End = Literal["disconnected", "stalled", "shutdown"]


class Delivery:
    """Runs in two tasks of one event loop: `_work` computes and sends; `run` watches over it.

    `run` sends a comment into a stream that is silent for `keep_alive_s`, and cancels the work when the client
    disconnects, takes nothing for `send_timeout_s`, or `abort` is called.
    """

    def __init__(self, wire: Wire, request: WireRequest, record: AccessRecord, options: ServerOptions) -> None:
        self._wire = wire
        self._request = request
        self._record = record
        self._options = options
        self._exchange: BaseExchange | None = None
        self._aborted: asyncio.Future[End] = asyncio.get_running_loop().create_future()
        self._is_started = False
        self._is_complete = False
        self._is_sending = False
        self._active_at = 0.0  # when bytes last began or ended to go out, in the loop's seconds

    def abort(self, reason: End) -> None:
        """End it soon. Only the loop's thread; the first reason counts."""
        if not self._aborted.done():
            self._aborted.set_result(reason)

    async def run(self, receive: Receive, send: Send) -> None:
        """Answer, until the answer or the client's patience ends."""
        self._active_at = asyncio.get_running_loop().time()
        watch = asyncio.create_task(self._watch(receive))
        work = asyncio.create_task(self._work(send))
        try:
            while not work.done() and not self._aborted.done():
                await self._tick(work, send)
            if work.done():
                work.result()
        finally:
            for task in (work, watch):
                task.cancel()
            await asyncio.wait({work, watch})
            self._count_tokens()
        if self._aborted.done() and not self._is_complete:
            await self._part(self._aborted.result(), send)

    async def _tick(self, work: asyncio.Task[None], send: Send) -> None:
        """Wait for an end, at most until something must be done about silence."""
        patience_s = self._options.send_timeout_s if self._is_sending else self._options.keep_alive_s
        loop = asyncio.get_running_loop()
        due_s = self._active_at + patience_s - loop.time()
        if due_s > 0:
            ends: set[asyncio.Future[Any]] = {work, self._aborted}
            await asyncio.wait(ends, timeout=due_s, return_when=asyncio.FIRST_COMPLETED)
            return
        self._active_at = loop.time()
        if self._is_sending:
            self.abort("stalled")
        elif self._exchange is not None and self._exchange.is_stream:
            try:
                await asyncio.wait_for(self._comment(send), self._options.send_timeout_s)
            except asyncio.TimeoutError:
                self.abort("stalled")

    async def _comment(self, send: Send) -> None:
        await self._start(send, EVENT_STREAM)
        await self._send(send, KEEP_ALIVE)

    async def _watch(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self.abort("disconnected")

    async def _work(self, send: Send) -> None:
        self._exchange = exchange = await _opened(self._wire, self._request)
        try:
            response = await exchange.arespond()
            if response.stream is not None:
                await self._start(send, EVENT_STREAM if exchange.is_stream else response.headers)
                await self._send_pieces(send, response.stream)
            else:
                await self._send_result(send, response)
        finally:
            exchange.cancel()

    async def _send_pieces(self, send: Send, stream: BodyStream) -> None:
        try:
            async for piece in stream:
                await self._send(send, piece)
        except APIError as error:  # no place is left for it: the connection breaks, so that nobody takes this for all
            raise RuntimeError(f"a body ended too soon: {error}") from error
        if not stream.is_complete:
            self._record.ended = "failed"
        await self._send(send, b"", more=False)

    async def _send_result(self, send: Send, response: WireResponse) -> None:
        if self._is_started:  # a comment went out first: what follows must be an event
            self._record.ended = "failed"
            await self._send(send, b"data: " + response.body + b"\n\n", more=False)
        else:
            self._is_started = True
            await send_whole(send, response)
            self._is_complete = True

    async def _start(self, send: Send, headers: Mapping[str, str]) -> None:
        if not self._is_started:
            self._is_started = True
            await send_head(send, 200, headers)

    async def _send(self, send: Send, data: bytes, *, more: bool = True) -> None:
        loop = asyncio.get_running_loop()
        self._is_sending, self._active_at = True, loop.time()
        try:
            await send({"type": "http.response.body", "body": data, "more_body": more})
            self._is_complete = not more
        finally:
            self._is_sending, self._active_at = False, loop.time()

    async def _part(self, reason: End, send: Send) -> None:
        """Tell a client that is still there why nothing more comes."""
        self._record.ended = reason
        if reason != "shutdown":
            return
        error = OverloadedError("the server is shutting down", code="shutting_down")
        response = error_response(error, self._record.request_id)
        if not self._is_started:
            await send_whole(send, response)
        elif self._exchange is not None and self._exchange.is_stream:
            await self._send(send, b"data: " + response.body + b"\n\n", more=False)

    def _count_tokens(self) -> None:
        usage = None if self._exchange is None else self._exchange.usage
        if usage is not None:
            self._record.prompt_tokens = usage.prompt_tokens
            self._record.cached_tokens = usage.cached_tokens
            self._record.completion_tokens = usage.completion_tokens


async def _opened(wire: Wire, request: WireRequest) -> BaseExchange:
    """`wire.open` in a thread: reading a large request, or compiling a schema, must not hold up other answers."""
    opening = asyncio.get_running_loop().run_in_executor(None, wire.open, request)
    try:
        return await asyncio.shield(opening)
    except asyncio.CancelledError:
        opening.add_done_callback(lambda opened: opened.result().cancel())
        raise
