"""What goes back over the wire: status, headers and JSON bytes."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Protocol

from electron_local.chat.types import Record
from electron_local.chat.wire_error import as_api_error, error_body
from electron_local.chat.wire_stream import WireStream
from electron_local.errors import MethodNotAllowedError, OverloadedError, RateLimitError


class BodyStream(Protocol):
    """A body in pieces, to iterate plainly or with `async for`; one reader."""

    @property
    def is_complete(self) -> bool:
        """Whether it came to its proper end."""

    def __iter__(self) -> Iterator[bytes]: ...
    def __next__(self) -> bytes: ...
    def __aiter__(self) -> AsyncIterator[bytes]: ...
    async def __anext__(self) -> bytes: ...
    def close(self) -> None:
        """Stop making it. Any thread; idempotent."""

    async def aclose(self) -> None:
        """`close` for the loop that reads."""


@dataclass
class WireResponse:
    """Status, headers (lower-case names) and either a whole `body` or a `stream`."""

    status: int
    headers: dict[str, str]
    body: bytes = b""
    stream: BodyStream | None = None


def result_response(result: Record, request_id: str) -> WireResponse:
    """A 200 with `result` in the wire's shape."""
    text = json.dumps(result.model_dump(exclude_unset=True), ensure_ascii=False, separators=(",", ":"))
    return WireResponse(200, headers_of("application/json", request_id), text.encode())


def stream_response(stream: WireStream) -> WireResponse:
    """A 200 whose events `stream` gives."""
    return WireResponse(200, event_headers(stream.request_id), stream=stream)


def error_response(error: Exception, request_id: str) -> WireResponse:
    """The status and the body of `error`; an error that is no APIError is a 500."""
    shown = as_api_error(error, request_id)
    headers = headers_of("application/json", request_id)
    if isinstance(shown, MethodNotAllowedError):
        headers["allow"] = shown.allow
    elif isinstance(shown, OverloadedError | RateLimitError):
        headers["retry-after"] = str(shown.retry_after_s)
    return WireResponse(shown.status_code, headers, error_body(shown))


def event_headers(request_id: str) -> dict[str, str]:
    """The headers of server-sent events."""
    return {**headers_of("text/event-stream; charset=utf-8", request_id), "cache-control": "no-cache"}


def headers_of(content_type: str, request_id: str) -> dict[str, str]:
    """The headers of every answer."""
    return {"content-type": content_type, "x-request-id": request_id}
