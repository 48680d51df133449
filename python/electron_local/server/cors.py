"""Which web pages may ask: CORS, with refusals in the API's shape."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.types import Receive, Scope, Send

from electron_local.chat.wire import error_response
from electron_local.errors import BadRequestError
from electron_local.server.observer import record_of
from electron_local.server.responses import send_whole


class Cors(CORSMiddleware):
    """ASGI middleware: Starlette's, but for the body of a preflight that is refused."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a preflight, or pass on."""
        if scope["type"] == "http" and scope["method"] == "OPTIONS":
            headers = Headers(scope=scope)
            is_preflight = "origin" in headers and "access-control-request-method" in headers
            if is_preflight and (answer := self.preflight_response(headers)).status_code == 400:
                error = BadRequestError(bytes(answer.body).decode(), code="cors_not_allowed")
                refusal = error_response(error, record_of(scope).request_id)
                refusal.headers = {**answer.headers, **refusal.headers}
                await send_whole(send, refusal)
                return
        await super().__call__(scope, receive, send)


def cors_of(origins: tuple[str, ...]) -> list[Middleware]:
    """The middleware for pages of `origins`; none where there are none."""
    if not origins:
        return []
    return [
        Middleware(
            Cors,
            allow_origins=list(origins),
            allow_methods=["GET", "POST"],
            allow_headers=["*"],
            expose_headers=["x-request-id", "retry-after"],
        )
    ]
