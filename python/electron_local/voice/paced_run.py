"""Plays audio to a session at the pace of real time, until it has answered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

import numpy as np
import numpy.typing as npt

from electron_local.voice.events import ServerEvent
from electron_local.voice.listener import SAMPLE_RATE

_PIECE_MS = 20
_N_PIECE = SAMPLE_RATE * _PIECE_MS // 1000
_TAIL_MS = 1000

Samples = npt.NDArray[np.float32]


class Listening(Protocol):
    """What `voice.Session` does."""

    @property
    def is_idle(self) -> bool: ...

    @property
    def is_closed(self) -> bool: ...

    def now_ms(self) -> float: ...

    def push(self, samples: Samples) -> None: ...

    def next_event(self, timeout_ms: float | None = None) -> ServerEvent | None: ...


def run_paced(session: Listening, frames: Iterable[Samples]) -> Iterator[ServerEvent]:
    """Push `frames` in pieces of 20 ms as they would be spoken, then silence until all is answered; yield events."""
    due_ms = session.now_ms()
    for piece in _pieces(session, frames):
        session.push(piece)
        due_ms += len(piece) * 1000.0 / SAMPLE_RATE
        while not session.is_closed and (left_ms := due_ms - session.now_ms()) > 0:
            event = session.next_event(left_ms)
            if event is not None:
                yield event


def _pieces(session: Listening, frames: Iterable[Samples]) -> Iterator[Samples]:
    for frame in frames:
        for start in range(0, len(frame), _N_PIECE):
            yield frame[start : start + _N_PIECE]
    n_silent_ms = 0
    while not session.is_closed and (n_silent_ms < _TAIL_MS or not session.is_idle):
        yield np.zeros(_N_PIECE, np.float32)
        n_silent_ms += _PIECE_MS
