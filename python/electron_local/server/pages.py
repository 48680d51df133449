"""The small pages beside the API: made anew for each GET."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from electron_local.chat.wire import WireResponse
from electron_local.errors import MethodNotAllowedError, NotFoundError
from electron_local.server.gate import send_refusal
from electron_local.server.observer import record_of
from electron_local.server.responses import send_whole


class Page:
    """ASGI application: what `make` returns, for GET and HEAD."""

    def __init__(self, make: Callable[[], bytes], content_type: str) -> None:
        self._make = make
        self._content_type = content_type

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        method, path = scope["method"], scope["path"]
        if method not in ("GET", "HEAD"):
            error = MethodNotAllowedError(f"{path} takes GET, not {method[:20]!r}", allow="GET, HEAD")
            await send_refusal(send, error, record_of(scope).request_id)
            return
        await send_whole(send, WireResponse(200, {"content-type": self._content_type}, self._make()))


class Unrouted:
    """ASGI application: what is no route of its own. Requests go to `http`, WebSockets are refused."""

    def __init__(self, http: ASGIApp) -> None:
        self._http = http

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on a request; for a WebSocket, a 404 at its handshake."""
        if scope["type"] == "http":
            await self._http(scope, receive, send)
            return
        error = NotFoundError(f"no WebSocket is served at {scope['path'][:200]!r}", code="unknown_url")
        await send_refusal(send, error, record_of(scope).request_id)


def json_page(make: Callable[[], Any]) -> Page:
    """A page of JSON."""
    return Page(lambda: json.dumps(make()).encode(), "application/json")
