"""Requests whose target is a whole URL, as clients send them that take a server for their proxy (RFC 9112 §3.2.2)."""

from __future__ import annotations

import re

from starlette.types import ASGIApp, Receive, Scope, Send

_ORIGIN = re.compile(r"(?:http|ws)s?://[^/]*", re.IGNORECASE)


class OriginForm:
    """ASGI middleware: the path without a scheme and an authority."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on everything."""
        if scope["type"] in ("http", "websocket") and (origin := _ORIGIN.match(scope["path"])):
            scope = {**scope, "path": scope["path"][origin.end() :] or "/"}
        await self._app(scope, receive, send)
