"""The outermost layer: names every request, logs and counts it, and turns faults into a 500."""

from __future__ import annotations

import time

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from electron_local.chat.wire import error_response, request_id_of
from electron_local.server.access_log import AccessRecord
from electron_local.server.metrics import Metrics
from electron_local.server.responses import send_whole

SWITCHING_PROTOCOLS = 101
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_RECORD = "electron_local.record"


def record_of(scope: Scope) -> AccessRecord:
    """The access record of the request that `scope` belongs to."""
    record = scope[_RECORD]
    assert isinstance(record, AccessRecord)
    return record


class Observer:
    """ASGI middleware. `X-Request-Id` comes back on every answer, the caller's own when it is a sane token.

    `routes`: the paths that metrics tell apart; all others count as `other`.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics, routes: frozenset[str]) -> None:
        self._app = app
        self._metrics = metrics
        self._routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request or WebSocket, or pass on what is neither."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        start = time.perf_counter()
        record = _record(scope)
        scope[_RECORD] = record
        is_started = False

        async def tagged_send(message: Message) -> None:
            nonlocal is_started
            if message["type"] in ("http.response.start", "websocket.accept"):
                is_started = True
                record.status = message.get("status", SWITCHING_PROTOCOLS)
                message = {**message, "headers": list(message.get("headers", ()))}
                MutableHeaders(scope=message)["x-request-id"] = record.request_id
            if scope["type"] == "websocket" and message["type"].startswith("http."):
                message = {**message, "type": "websocket." + message["type"]}  # refused at the handshake
            await send(message)

        self._metrics.began(scope["type"])
        try:
            await self._app(scope, receive, tagged_send)
        except Exception as error:
            record.ended = "failed"
            response = error_response(error, record.request_id)  # logs it
            if is_started:
                raise
            await send_whole(tagged_send, response)
        finally:
            self._metrics.stopped(scope["type"])
            self._ended(record, time.perf_counter() - start)

    def _ended(self, record: AccessRecord, seconds: float) -> None:
        method = record.method if record.method in METHODS else "other"
        route = record.path if record.path in self._routes else "other"
        if record.status == SWITCHING_PROTOCOLS:
            self._metrics.socket_ended(route, record.ended, seconds)
        else:
            self._metrics.request_ended(method, route, record.status, seconds)
        if record.prompt_tokens is not None:
            self._metrics.tokens_used(
                prompt=record.prompt_tokens,
                cached=record.cached_tokens or 0,
                completion=record.completion_tokens or 0,
            )
        record.write(ms=seconds * 1000)


def _record(scope: Scope) -> AccessRecord:
    headers = Headers(scope=scope)
    client = scope.get("client")
    return AccessRecord(
        request_id=request_id_of(headers),
        method=scope.get("method", "GET"),  # a WebSocket's handshake
        path=scope["path"],
        client=client[0] if client else None,
    )
