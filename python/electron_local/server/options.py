"""How the server answers."""

from __future__ import annotations

from dataclasses import dataclass

from electron_local.errors import InvalidArgumentError
from electron_local.server.keys import NO_KEYS, KeyRing
from electron_local.server.limits import PLANS, Plan
from electron_local.speech.base import EndOfTurnModel


@dataclass(frozen=True)
class ServerOptions:
    """What `create_app` is told. Times are in seconds."""

    keys: KeyRing = NO_KEYS  # no keys: everybody may ask
    plan: Plan = PLANS["none"]  # limits of each key
    cors_origins: tuple[str, ...] = ()  # web pages of these origins may ask; "*": of all
    max_connections: int = 512  # open at once; above it the longest idle one gives way, else a newcomer gets a 503
    max_sessions: int = 4  # voice sessions at once; above it a newcomer is told `server_full`
    end_of_turn: EndOfTurnModel | None = None  # hears when a user has finished; the sessions share it
    model_judges_end: bool | None = None  # see SessionConfig
    session_idle_s: float = 30.0  # a session without a frame either way is closed
    audio_lead_s: float = 10.0  # a session reads its audio this far ahead of real time
    max_frame_chars: int = 2**20  # of a WebSocket's text frame; a longer one is an error, from 16 MiB on the end
    max_body_bytes: int = 4 * 2**20
    max_recording_bytes: int = 25 * 2**20  # sent to be transcribed
    keep_alive_s: float = 15.0  # a silent stream gets a comment this often
    body_timeout_s: float = 30.0  # a request's body must have arrived
    send_timeout_s: float = 60.0  # a client that takes nothing for so long is gone
    ping_s: float = 20.0  # a WebSocket is pinged this often, and cut when no pong and nothing else comes for as long
    shutdown_s: float = 30.0  # running answers may take this long to finish at shutdown

    def __post_init__(self) -> None:
        if self.max_sessions < 0:
            raise InvalidArgumentError(f"max_sessions must be at least 0, got {self.max_sessions}")
