"""How WebSockets end, as the access log tells it."""

from __future__ import annotations

from typing import Literal

SocketEnd = Literal["complete", "disconnected", "stalled", "shutdown", "idle", "full", "failed"]
_CLOSES: dict[int, SocketEnd] = {1000: "complete", 1001: "complete", 1012: "shutdown"}


def end_of_close(code: int) -> SocketEnd:
    """What it means that the socket was closed with this code, which is 1005 or 1006 where none came (RFC 6455, 7.4).

    >>> end_of_close(1000), end_of_close(1006)
    ('complete', 'disconnected')
    """
    return _CLOSES.get(code, "disconnected")
