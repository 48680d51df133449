"""How the server answers."""

from __future__ import annotations

from dataclasses import dataclass

from electron_local.server.keys import NO_KEYS, KeyRing
from electron_local.server.limits import PLANS, Plan


@dataclass(frozen=True)
class ServerOptions:
    """What `create_app` is told. Times are in seconds."""

    keys: KeyRing = NO_KEYS  # no keys: everybody may ask
    plan: Plan = PLANS["none"]  # limits of each key
    cors_origins: tuple[str, ...] = ()  # web pages of these origins may ask; "*": of all
    max_connections: int = 512  # open at once; above it the longest idle one gives way, else a newcomer gets a 503
    max_body_bytes: int = 4 * 2**20
    max_recording_bytes: int = 25 * 2**20  # sent to be transcribed
    keep_alive_s: float = 15.0  # a silent stream gets a comment this often
    body_timeout_s: float = 30.0  # a request's body must have arrived
    send_timeout_s: float = 60.0  # a client that takes nothing for so long is gone
    shutdown_s: float = 30.0  # running answers may take this long to finish at shutdown
