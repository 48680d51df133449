"""The chat API as requests and responses: what every door that speaks HTTP shares, without a socket.

`Wire.open` (1) names the request, (2) finds its route, (3) reads its body and (4) starts the answer; the `Exchange`
then (5) waits for the result, or for the first event of a stream, and makes the response of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from electron_local.chat.answer import Answer
from electron_local.chat.completions import ChatPath
from electron_local.chat.request_ids import new_request_id
from electron_local.chat.types import Record
from electron_local.chat.wire_body import read_json
from electron_local.chat.wire_exchange import BaseExchange
from electron_local.chat.wire_response import WireResponse, error_response, result_response, stream_response
from electron_local.chat.wire_stream import WireStream
from electron_local.engine import Usage
from electron_local.errors import MethodNotAllowedError, NotFoundError, OverloadedError

__all__ = [
    "BaseExchange",
    "Exchange",
    "OtherRoutes",
    "Wire",
    "WireRequest",
    "WireResponse",
    "WireStream",
    "error_response",
    "request_id_of",
]

PREFIXES = ("/v1", "/waves/v1")
MAX_BODY_BYTES = 4 * 2**20
_REQUEST_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}")


@dataclass(frozen=True)
class WireRequest:
    """`path` is decoded, `query` is not; the names in `headers` are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    query: str = ""


class OtherRoutes(Protocol):
    """Paths beside the chat API's, served by the same doors."""

    def max_body_bytes(self, path: str) -> int | None:
        """The most that a body sent to `path` may have; None for a path that is not one of these."""

    def open(self, request: WireRequest, request_id: str) -> BaseExchange:
        """Check and start a request to one of these paths. May raise."""


class Wire:
    """All routes of the chat API over one chat path, and `others`. Immutable: any thread, any number at once.

    >>> from electron_local import Electron
    >>> with Electron() as client:
    ...     wire = Wire(client.chat_path)
    ...     wire.handle(WireRequest("GET", "/v1/models")).status, wire.handle(WireRequest("GET", "/v1/x")).status
    (200, 404)
    """

    def __init__(
        self, path: ChatPath, *, max_body_bytes: int = MAX_BODY_BYTES, others: OtherRoutes | None = None
    ) -> None:
        self._path = path
        self._max_body_bytes = max_body_bytes
        self._others = others

    def max_body_bytes(self, path: str) -> int:
        """The most that the body of a request to `path` may have."""
        other = None if self._others is None else self._others.max_body_bytes(path)
        return self._max_body_bytes if other is None else other

    def handle(self, request: WireRequest) -> WireResponse:
        """Answer `request`, waiting for the result. Errors become responses."""
        return self.open(request).respond()

    async def ahandle(self, request: WireRequest) -> WireResponse:
        """`handle`, awaited; cancelling the task cancels the computation."""
        return await self.open(request).arespond()

    def open(self, request: WireRequest) -> BaseExchange:
        """Check and start `request` without waiting for its result. Errors become responses."""
        request_id = request_id_of(request.headers)
        try:
            if self._others is not None and self._others.max_body_bytes(request.path) is not None:
                return self._others.open(request, request_id)
            return Exchange(self._route(request, request_id), request_id)
        except Exception as error:
            return Exchange(error, request_id)

    def _route(self, request: WireRequest, request_id: str) -> Answer | Record:
        tail = next((request.path[len(p) :] for p in PREFIXES if request.path.startswith(p + "/")), "")
        if tail == "/chat/completions":
            allow(request, "POST")
            return self._path.start(read_json(request.body, self._max_body_bytes), request_id=request_id)
        if tail == "/models":
            allow(request, "GET")
            return self._path.list_models()
        if tail.startswith("/models/"):
            allow(request, "GET")
            return self._model(tail.removeprefix("/models/"))
        raise NotFoundError(f"no such path: {request.method} {request.path[:200]!r}", code="unknown_url")

    def _model(self, name: str) -> Record:
        for card in self._path.list_models():
            if card.id == name:
                return card
        served = ", ".join(self._path.served.models)
        message = f"the model {name[:80]!r} does not exist; served here: {served}"
        raise NotFoundError(message, code="model_not_found", param="model")


class Exchange(BaseExchange):
    """One request of the chat API under way."""

    def __init__(self, outcome: Answer | Record | Exception, request_id: str) -> None:
        super().__init__(request_id)
        self._outcome = outcome
        self._is_cancelled = False

    def cancel(self) -> None:
        """Stop the computation: the response is a 503, or its stream ends. Idempotent."""
        self._is_cancelled = True
        if isinstance(self._outcome, Answer):
            self._outcome.cancel()

    @property
    def is_stream(self) -> bool:
        """Whether the answer comes in events."""
        return isinstance(self._outcome, Answer) and self._outcome.request.stream

    @property
    def usage(self) -> Usage | None:
        """Tokens so far; None where the model was not asked."""
        return self._outcome.usage if isinstance(self._outcome, Answer) else None

    def respond(self) -> WireResponse:
        """Wait for the result, or for the first event of a stream."""
        outcome = self._outcome
        try:
            if not isinstance(outcome, Answer):
                return self._ready(outcome)
            if outcome.request.stream:
                stream = WireStream(outcome)
                stream.prime()
                return stream_response(stream)
            return result_response(outcome.complete(), self.request_id)
        except Exception as error:
            return self._failed(error)

    async def arespond(self) -> WireResponse:
        """`respond`, awaited; cancelling the task cancels the computation."""
        outcome = self._outcome
        try:
            if not isinstance(outcome, Answer):
                return self._ready(outcome)
            if outcome.request.stream:
                stream = WireStream(outcome)
                await stream.aprime()
                return stream_response(stream)
            return result_response(await outcome.acomplete(), self.request_id)
        except Exception as error:
            return self._failed(error)

    def _ready(self, outcome: Record | Exception) -> WireResponse:
        if isinstance(outcome, Exception):
            return error_response(outcome, self.request_id)
        return result_response(outcome, self.request_id)

    def _failed(self, error: Exception) -> WireResponse:
        if self._is_cancelled:
            error = OverloadedError("the request was cancelled", code="cancelled")
        return error_response(error, self.request_id)


def request_id_of(headers: Mapping[str, str]) -> str:
    """The caller's `x-request-id` where it is a token of at most 128 letters, digits and `._:-`, else a new one."""
    given = headers.get("x-request-id", "")
    return given if _REQUEST_ID.fullmatch(given) else new_request_id()


def allow(request: WireRequest, method: str) -> None:
    """Raise MethodNotAllowedError unless the request's method is `method`."""
    if request.method != method:
        message = f"{request.path} takes {method}, not {request.method[:20]!r}"
        raise MethodNotAllowedError(message, allow=method)
