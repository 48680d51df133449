"""What goes back over the wire: status, headers and JSON bytes."""

from __future__ import annotations

import json
from dataclasses import dataclass

from electron_local.chat.types import Record
from electron_local.chat.wire_error import as_api_error, error_body
from electron_local.chat.wire_stream import WireStream
from electron_local.errors import MethodNotAllowedError, OverloadedError, RateLimitError


@dataclass
class WireResponse:
    """Status, headers (lower-case names) and either a whole `body` or a `stream` of server-sent events."""

    status: int
    headers: dict[str, str]
    body: bytes = b""
    stream: WireStream | None = None


def result_response(result: Record, request_id: str) -> WireResponse:
    """A 200 with `result` in the wire's shape."""
    text = json.dumps(result.model_dump(exclude_unset=True), ensure_ascii=False, separators=(",", ":"))
    return WireResponse(200, _headers("application/json", request_id), text.encode())


def stream_response(stream: WireStream) -> WireResponse:
    """A 200 whose events `stream` gives."""
    headers = {**_headers("text/event-stream; charset=utf-8", stream.request_id), "cache-control": "no-cache"}
    return WireResponse(200, headers, stream=stream)


def error_response(error: Exception, request_id: str) -> WireResponse:
    """The status and the body of `error`; an error that is no APIError is a 500."""
    shown = as_api_error(error, request_id)
    headers = _headers("application/json", request_id)
    if isinstance(shown, MethodNotAllowedError):
        headers["allow"] = shown.allow
    elif isinstance(shown, OverloadedError | RateLimitError):
        headers["retry-after"] = str(shown.retry_after_s)
    return WireResponse(shown.status_code, headers, error_body(shown))


def _headers(content_type: str, request_id: str) -> dict[str, str]:
    return {"content-type": content_type, "x-request-id": request_id}
