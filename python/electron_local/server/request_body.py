"""Reading a request's body, no further than its limits of size and time."""

from __future__ import annotations

import asyncio

from starlette.requests import Request

from electron_local.errors import RequestTimeoutError, RequestTooLargeError


async def read_body(request: Request, *, max_bytes: int, timeout_s: float) -> bytes:
    """The whole body.

    Raises RequestTooLargeError as soon as the size is known to be over the limit, RequestTimeoutError, and
    starlette's ClientDisconnect.
    """
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and len(declared) < 20 and int(declared) > max_bytes:
        raise _too_large(f"{declared} bytes", max_bytes)
    try:
        return await asyncio.wait_for(_read(request, max_bytes), timeout_s)
    except asyncio.TimeoutError as error:
        raise RequestTimeoutError(f"the body did not arrive within {timeout_s:g} s") from error


async def _read(request: Request, max_bytes: int) -> bytes:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > max_bytes:
            raise _too_large(f"more than {max_bytes} bytes", max_bytes)
    return bytes(body)


def _too_large(found: str, max_bytes: int) -> RequestTooLargeError:
    return RequestTooLargeError(f"the body has {found}; at most {max_bytes} are taken")
