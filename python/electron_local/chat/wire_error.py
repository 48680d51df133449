"""Errors as JSON bytes (PROTOCOL §1, Errors)."""

from __future__ import annotations

import json
import logging

from electron_local.errors import APIError, InternalServerError

logger = logging.getLogger("electron_local")


def as_api_error(error: Exception, request_id: str) -> APIError:
    """`error` with its request id. One that is no APIError is a fault of the runtime: logged, and shown as a 500."""
    if not isinstance(error, APIError):
        logger.error("%s: internal error", request_id, exc_info=error)
        error = InternalServerError(f"internal error; the log says more under {request_id}", code="internal_error")
    error.request_id = error.request_id or request_id
    return error


def error_body(error: APIError) -> bytes:
    """JSON of the error object. ASCII: the bad input that it quotes need not be valid Unicode."""
    return json.dumps(error.body(), separators=(",", ":")).encode()
