"""All routes of the wire: limits, the body, and a delivery for each request."""

from __future__ import annotations

from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive, Scope, Send

from electron_local.chat.wire import Wire, WireRequest
from electron_local.errors import APIError
from electron_local.server.access_log import AccessRecord
from electron_local.server.delivery import Delivery
from electron_local.server.gate import send_refusal
from electron_local.server.limits import RateLimiter
from electron_local.server.observer import record_of
from electron_local.server.options import ServerOptions
from electron_local.server.request_body import read_body


class ChatEndpoint:
    """ASGI application over one `Wire`. Owned by the event loop; the plan limits what is POSTed."""

    def __init__(self, wire: Wire, limiter: RateLimiter, options: ServerOptions) -> None:
        self._wire = wire
        self._limiter = limiter
        self._options = options
        self._deliveries: set[Delivery] = set()

    def abort_all(self) -> None:
        """Cut short what runs: each client is told that the server shuts down. Only the loop's thread."""
        for delivery in self._deliveries:
            delivery.abort("shutdown")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        record = record_of(scope)
        request = Request(scope, receive)
        is_limited = request.method == "POST"
        caller = record.caller or ""
        try:
            if is_limited:
                self._limiter.admit(caller)
            try:
                await self._deliver(request, record, send)
            finally:
                if is_limited:
                    self._limiter.release(caller)
        except APIError as error:
            await send_refusal(send, error, record.request_id)
        except ClientDisconnect:
            record.ended = "disconnected"

    async def _deliver(self, request: Request, record: AccessRecord, send: Send) -> None:
        options = self._options
        path: str = request.scope["path"]
        max_bytes = self._wire.max_body_bytes(path)
        body = await read_body(request, max_bytes=max_bytes, timeout_s=options.body_timeout_s)
        headers = {**request.headers, "x-request-id": record.request_id}
        query = request.scope["query_string"].decode("latin-1")
        wire_request = WireRequest(request.method, path, headers, body, query)
        delivery = Delivery(self._wire, wire_request, record, options)
        self._deliveries.add(delivery)
        try:
            await delivery.run(request.receive, send)
        finally:
            self._deliveries.discard(delivery)
