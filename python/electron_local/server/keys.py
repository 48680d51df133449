"""API keys: who may ask. Comparing takes the same time for every key, and no key is ever printed."""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Iterable
from pathlib import Path

from electron_local.errors import AuthenticationError, InvalidArgumentError

ANYBODY = "anybody"  # the caller's name where no key is needed


class KeyRing:
    """The keys that a server takes; immutable. Holds digests only. An empty ring lets everybody in.

    Raises InvalidArgumentError for a key that no `Authorization` header can carry.

    >>> ring = KeyRing(["first", "second"])
    >>> ring.caller("Bearer second")
    'key-2'
    """

    def __init__(self, keys: Iterable[str]) -> None:
        unique = list(dict.fromkeys(keys))
        for number, key in enumerate(unique, 1):
            if not key or not key.isascii() or not key.isprintable() or " " in key:
                raise InvalidArgumentError(
                    f"API key {number} of {len(unique)} must be visible ASCII characters without blanks"
                )
        self._digests = [_digest(key) for key in unique]

    def __len__(self) -> int:
        return len(self._digests)

    def __contains__(self, key: str) -> bool:
        return True in self._matches(key)

    def caller(self, authorization: str | None) -> str:
        """The name of who sends this `Authorization` header: `key-1`, `key-2`… in the order given, or `anybody`.

        Raises AuthenticationError for a header that is missing, of another scheme, or holds an unknown key.
        """
        if not self._digests:
            return ANYBODY
        scheme, _, key = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not key.strip(" "):
            raise AuthenticationError("an API key is needed: send the header `Authorization: Bearer KEY`")
        return self.caller_of_key(key.strip(" "))

    def caller_of_key(self, key: str) -> str:
        """`caller` for a key that came by another way. Raises AuthenticationError when it is unknown."""
        if not self._digests:
            return ANYBODY
        matches = self._matches(key)
        if True not in matches:
            raise AuthenticationError(f"the API key is not one of the {len(matches)} that this server knows")
        return f"key-{matches.index(True) + 1}"

    def _matches(self, key: str) -> list[bool]:
        digest = _digest(key)
        return [hmac.compare_digest(digest, known) for known in self._digests]


def read_keys(path: str | os.PathLike[str]) -> list[str]:
    """The keys of a text file: one a line; blank lines and lines that begin with `#` do not count.

    Raises InvalidArgumentError for a file that cannot be read or holds no key.
    """
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidArgumentError(f"cannot read API keys from {os.fspath(path)}: {error}") from error
    keys = [line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#")]
    if not keys:
        raise InvalidArgumentError(f"{os.fspath(path)} holds no API key; write one a line")
    return keys


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", errors="surrogateescape")).digest()


NO_KEYS = KeyRing([])
