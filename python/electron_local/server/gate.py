"""The layer that asks who is there, and the answers to what is refused."""

from __future__ import annotations

from collections.abc import Collection

from starlette.datastructures import Headers, QueryParams
from starlette.types import ASGIApp, Receive, Scope, Send

from electron_local.chat.wire import error_response
from electron_local.errors import (
    APIError,
    AuthenticationError,
    PermissionDeniedError,
    RequestTimeoutError,
)
from electron_local.server.keys import KeyRing
from electron_local.server.observer import record_of
from electron_local.server.responses import send_whole
from electron_local.server.tokens import TokenMint

SESSIONS = "/waves/v1/s2s"
OPEN_PATHS = frozenset({"/health", "/openapi.json"})  # for load balancers and tools: no key needed


class Gate:
    """ASGI middleware: lets a request pass with a key of the ring, and notes whose it is.

    The key comes as `Authorization: Bearer`; to a WebSocket also as the query's `api_key`, because browsers give it no
    headers; an empty one is none. At SESSIONS a token of the mint does instead of a key, and nowhere else.

    Where no key is needed, a web page must not ask behind its reader's back, neither by a form nor by a name that
    it made point here: what names an `Origin` passes only from `origins`.
    """

    def __init__(self, app: ASGIApp, keys: KeyRing, origins: Collection[str], mint: TokenMint) -> None:
        self._app = app
        self._keys = keys
        self._origins = origins
        self._mint = mint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what may pass, else a 401 or 403; to a WebSocket that is its handshake's answer."""
        if scope["type"] in ("http", "websocket") and scope["path"] not in OPEN_PATHS:
            record = record_of(scope)
            try:
                record.caller = self._caller(scope)
            except (AuthenticationError, PermissionDeniedError) as error:
                await send_refusal(send, error, record.request_id)
                return
        await self._app(scope, receive, send)

    def _caller(self, scope: Scope) -> str:
        """The name of who asks. Raises AuthenticationError or PermissionDeniedError."""
        headers = Headers(scope=scope)
        authorization = headers.get("authorization")
        if scope["type"] == "websocket" and (asked := QueryParams(scope["query_string"]).get("api_key")):
            authorization = f"Bearer {asked}"
        _, _, key = (authorization or "").partition(" ")
        if scope["path"] == SESSIONS and self._mint.is_token(key) and key not in self._keys:
            return self._mint.caller(key)
        caller = self._keys.caller(authorization)
        origin = headers.get("origin")
        if not self._keys and origin is not None and not {origin, "*"} & set(self._origins):
            raise PermissionDeniedError(
                f"web pages of {origin[:100]!r} may not ask; start the server with --cors to let them",
                code="origin_not_allowed",
            )
        return caller


async def send_refusal(send: Send, error: APIError, request_id: str) -> None:
    """The error's body with the headers that belong to it."""
    extra: dict[str, str] = {}
    if isinstance(error, AuthenticationError):
        extra["www-authenticate"] = "Bearer"
    elif isinstance(error, RequestTimeoutError):
        extra["connection"] = "close"
    await send_whole(send, error_response(error, request_id), extra)
