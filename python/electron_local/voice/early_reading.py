"""Has the model read a turn while the user speaks it.

A recogniser changes its mind about the last words: only those that two transcripts in a row agree on are read. What is
read and changes all the same is rolled back by the model's cache.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from electron_local.voice.ledger import TurnLedger
from electron_local.voice.prefill import Prefilled, PrefillJob
from electron_local.voice.runtime import WorkQueue


class EarlyReader:
    """Keeps one reading in flight, and of those that wait only the last. Owned by the conversation thread.

    Args:
        jobs: read by the response thread.
        request_of: the arguments of `prefill` for what the user has said so far.
    """

    def __init__(self, jobs: WorkQueue, request_of: Callable[[str], dict[str, Any]]) -> None:
        self._jobs = jobs
        self._request_of = request_of
        self._in_flight: PrefillJob | None = None
        self._heard = ""
        self._wanted = self._read = ""
        self._n_tokens, self._duration_ms = 0, 0.0

    def begin(self) -> None:
        """A turn begins."""
        self.stop()
        self._heard = self._wanted = self._read = ""
        self._n_tokens, self._duration_ms = 0, 0.0

    def hear(self, text: str) -> None:
        """The partial transcript is `text` now."""
        self._wanted = agreed(self._heard, text)
        self._heard = text
        self._start()

    def take(self, done: Prefilled) -> None:
        """A reading ended: begin what waited for it."""
        if done.job is self._in_flight:
            self._in_flight = None
            self._n_tokens += done.n_tokens
            self._duration_ms += done.duration_ms
            self._start()

    def forget(self) -> None:
        """What is in flight will not end."""
        self._in_flight = None

    def stop(self) -> None:
        """The model is asked itself from now on."""
        self._wanted = self._read
        if self._in_flight is not None:
            self._in_flight.is_cancelled = True
            self._in_flight = None

    def noted(self, ledger: TurnLedger) -> TurnLedger:
        """`ledger` with what was read of this turn."""
        return replace(ledger, read_ahead_tokens=self._n_tokens, read_ahead_ms=self._duration_ms)

    def _start(self) -> None:
        if self._in_flight is None and self._wanted and self._wanted != self._read:
            self._read = self._wanted
            self._in_flight = PrefillJob(self._request_of(self._read))
            self._jobs.put(self._in_flight)


def agreed(one: str, other: str) -> str:
    """The words that both begin with.

    >>> agreed("play some chess", "play some jazz please")
    'play some'
    """
    words = []
    for a, b in zip(one.split(), other.split(), strict=False):
        if a != b:
            break
        words.append(a)
    return " ".join(words)
