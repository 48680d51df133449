"""Asks a model that hears the speech itself, such as Smart Turn, whether a turn ended with the pause that goes on."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from electron_local.speech.base import EndOfTurnModel
from electron_local.voice.listener import Listener
from electron_local.voice.runtime import Mailbox, WorkQueue
from electron_local.voice.turn_types import Phase, TurnState

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class ListeningJob:
    """For the end-of-turn thread: hear the turn that paused at `pause_start_ms`."""

    pause_start_ms: float
    samples: npt.NDArray[np.float32]


@dataclass(frozen=True)
class Heard:
    """For the conversation thread: the probability that the turn ended there; None: not known, and not worth asking."""

    pause_start_ms: float
    probability: float | None


def run_listening(model: EndOfTurnModel, jobs: Mailbox, post: Callable[[Heard], None]) -> None:
    """Take ListeningJob until anything else comes. A failure costs only its answer."""
    while isinstance(job := jobs.get(), ListeningJob):
        try:
            probability: float | None = float(model.probability(job.samples))
        except Exception as error:
            logger.warning("hearing the end of a turn failed: %s", error, exc_info=error)
            probability = None
        post(Heard(job.pause_start_ms, probability))


class ListeningJudge:
    """Asks once a pause, one pause at a time. Owned by the conversation thread.

    Args:
        jobs: read by the end-of-turn thread.
        listen_ms: how long a pause must be.
    """

    def __init__(self, jobs: WorkQueue, listen_ms: float) -> None:
        self._jobs = jobs
        self._listen_ms = listen_ms
        self._asked_ms: float | None = None  # the start of the pause that was asked about last
        self._is_waiting = False
        self._is_able = True

    def consider(self, turn: TurnState, listener: Listener) -> None:
        """Audio came, and `turn` is the state since. Speech over a response is judged by its words alone."""
        pause_ms = turn.pause_start_ms
        if turn.phase is not Phase.PAUSE or pause_ms is None or turn.responding or pause_ms == self._asked_ms:
            return
        if self._is_able and not self._is_waiting and listener.time_ms - pause_ms >= self._listen_ms:
            self._asked_ms, self._is_waiting = pause_ms, True
            self._jobs.put(ListeningJob(pause_ms, listener.since(turn.start_ms)))

    def take(self, heard: Heard) -> None:
        """An answer came."""
        self._is_waiting = False
        self._is_able &= heard.probability is not None
