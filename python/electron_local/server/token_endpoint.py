"""`POST /waves/v1/s2s/token`: a key's holder gets a token that a web page may open a session with."""

from __future__ import annotations

import json

from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive, Scope, Send

from electron_local.chat.checks import Fields, Problems, kind
from electron_local.chat.wire import WireResponse
from electron_local.chat.wire_body import read_json
from electron_local.errors import APIError, BadRequestError, MethodNotAllowedError
from electron_local.server.gate import send_refusal
from electron_local.server.observer import record_of
from electron_local.server.options import ServerOptions
from electron_local.server.request_body import read_body
from electron_local.server.responses import send_whole
from electron_local.server.tokens import LIFETIME_S, MAX_LIFETIME_S, MIN_LIFETIME_S, TokenMint

MAX_BYTES = 4096


class TokenEndpoint:
    """ASGI application. Request and answer have the shape of OpenAI's `client_secrets`."""

    def __init__(self, mint: TokenMint, options: ServerOptions) -> None:
        self._mint = mint
        self._options = options

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        record = record_of(scope)
        try:
            if scope["method"] != "POST":
                message = f"{scope['path']} takes POST, not {scope['method'][:20]!r}"
                raise MethodNotAllowedError(message, allow="POST")
            request = Request(scope, receive)
            body = await read_body(request, max_bytes=MAX_BYTES, timeout_s=self._options.body_timeout_s)
            token = self._mint.mint(record.caller or "", lifetime_s=_lifetime_s(body))
        except APIError as error:
            await send_refusal(send, error, record.request_id)
        except ClientDisconnect:
            record.ended = "disconnected"
        else:
            answer = json.dumps({"value": token.value, "expires_at": token.expires_at}).encode()
            headers = {"content-type": "application/json", "cache-control": "no-store"}
            await send_whole(send, WireResponse(200, headers, answer))


def _lifetime_s(body: bytes) -> int:
    """From an empty body, or `{"expires_after": {"anchor": "created_at", "seconds": 600}}`."""
    asked = read_json(body, MAX_BYTES) if body.strip() else {}
    if not isinstance(asked, dict):
        raise BadRequestError(f"the request must be an object, not {kind(asked)}", code="invalid_type")
    problems = Problems()
    fields = Fields(asked, problems)
    after = fields.get("expires_after")
    lifetime_s: int | None = None
    if isinstance(after, dict):
        inner = Fields(after, problems, ("expires_after",))
        if inner.get("anchor") not in (None, "created_at"):
            inner.refuse("anchor", "invalid_value", "must be 'created_at'")
        lifetime_s = inner.integer("seconds", MIN_LIFETIME_S, MAX_LIFETIME_S, None)
    elif after is not None:
        fields.refuse("expires_after", "invalid_type", f"must be an object, not {kind(after)}")
    problems.raise_if_any()
    return LIFETIME_S if lifetime_s is None else lifetime_s
