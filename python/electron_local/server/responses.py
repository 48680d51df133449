"""Responses of `chat.wire` as ASGI messages."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.types import Send

from electron_local.chat.wire import WireResponse


async def send_whole(send: Send, response: WireResponse, extra: Mapping[str, str] | None = None) -> None:
    """Send a response that has a body, with `extra` headers."""
    headers = {**response.headers, **(extra or {}), "content-length": str(len(response.body))}
    await send_head(send, response.status, headers)
    await send({"type": "http.response.body", "body": response.body})


async def send_head(send: Send, status: int, headers: Mapping[str, str]) -> None:
    """Begin a response."""
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})
