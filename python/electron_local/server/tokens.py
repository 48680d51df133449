"""Short-lived tokens: what a web page may hold in place of an API key, good for one purpose only."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

from electron_local.errors import AuthenticationError

MIN_LIFETIME_S, MAX_LIFETIME_S, LIFETIME_S = 10, 7200, 600
_PREFIX = "ek_"


@dataclass(frozen=True)
class Token:
    """`expires_at` in seconds since 1970."""

    value: str
    expires_at: int


class TokenMint:
    """Makes and checks tokens. Nothing is stored: they are signed with a secret of this object, and die with it.

    `clock` gives seconds since 1970. Immutable: any thread.

    >>> mint = TokenMint()
    >>> mint.caller(mint.mint("key-1").value)
    'key-1'
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._secret = secrets.token_bytes(32)

    def mint(self, caller: str, *, lifetime_s: int = LIFETIME_S) -> Token:
        """A token that speaks for `caller`."""
        expires_at = int(self._clock()) + lifetime_s
        claim = f"{expires_at}.{secrets.token_hex(8)}.{caller}".encode()
        return Token(_PREFIX + _text(claim + self._signature(claim)), expires_at)

    def is_token(self, key: str) -> bool:
        """Whether it looks like a token rather than an API key."""
        return key.startswith(_PREFIX)

    def caller(self, token: str) -> str:
        """Whom it speaks for. Raises AuthenticationError when it was not minted here, or is too old."""
        claim, signature = _split(token.removeprefix(_PREFIX))
        if not hmac.compare_digest(signature, self._signature(claim)):
            raise AuthenticationError("the token was not made by this server")
        expires_at, _, caller = claim.decode().split(".", 2)
        late_s = self._clock() - int(expires_at)
        if late_s >= 0:
            raise AuthenticationError(f"the token expired {late_s:.0f} s ago", code="token_expired")
        return caller

    def _signature(self, claim: bytes) -> bytes:
        return hmac.digest(self._secret, claim, hashlib.sha256)


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _split(text: str) -> tuple[bytes, bytes]:
    """Claim and signature; empty where the text cannot be a token."""
    try:
        raw = base64.b64decode(text.encode() + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:
        return b"", b""
    return raw[:-32], raw[-32:]
