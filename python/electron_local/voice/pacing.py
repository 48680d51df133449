"""Sends audio at the pace at which it is heard, a little ahead, and knows how much was played."""

from __future__ import annotations

from collections import deque

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]


class Pacer:
    """A queue of samples, let out in chunks at most `lead_ms` ahead of the listener. Has no clock and no thread.

    The listener is thought to play without a pause from the first chunk on; where the queue ran dry, from the next
    chunk on. Owned by the conversation thread.

    >>> pacer = Pacer(sample_rate=1000, lead_ms=300, chunk_ms=100)
    >>> pacer.add(np.zeros(1000, np.float32))
    >>> len(pacer.take(now_ms=0)), pacer.next_ms, len(pacer.take(now_ms=100)), pacer.played_samples(now_ms=250)
    (3, 100.0, 1, 250)
    """

    def __init__(self, sample_rate: int, *, lead_ms: float = 300.0, chunk_ms: float = 40.0) -> None:
        self._samples_per_ms = sample_rate / 1000.0
        self._lead_ms = lead_ms
        self._chunk = round(chunk_ms * self._samples_per_ms)
        self._pieces: deque[Samples] = deque()
        self._n_queued = 0
        self._n_sent = 0
        self._zero_ms: float | None = None
        self._is_complete = False
        self._reported: tuple[int, float] | None = None  # samples played, and when that was so

    @property
    def n_sent(self) -> int:
        """Samples let out so far."""
        return self._n_sent

    @property
    def is_complete(self) -> bool:
        """Whether `complete` was called."""
        return self._is_complete

    @property
    def is_drained(self) -> bool:
        """Whether `complete` was called and everything was let out."""
        return self._is_complete and self._n_queued == 0

    @property
    def played_out_ms(self) -> float | None:
        """When the listener will have heard what was let out; None before the first chunk."""
        return None if self._zero_ms is None else self._zero_ms + self._n_sent / self._samples_per_ms

    @property
    def next_ms(self) -> float | None:
        """When the next chunk may go; None when there is none."""
        if not self._n_queued:
            return None
        if self._zero_ms is None:
            return float("-inf")
        return self._zero_ms + (self._n_sent + self._next_length()) / self._samples_per_ms - self._lead_ms

    def add(self, samples: Samples) -> None:
        """Queue more audio."""
        if len(samples):
            self._pieces.append(samples)
            self._n_queued += len(samples)

    def complete(self) -> None:
        """Nothing will be added."""
        self._is_complete = True

    def take(self, now_ms: float) -> list[Samples]:
        """The chunks that may go now."""
        chunks = []
        while self._n_queued:
            if self._zero_ms is None or self._allowed_samples(now_ms) >= self._n_sent:
                self._zero_ms = now_ms - self._n_sent / self._samples_per_ms
            next_ms = self.next_ms
            if next_ms is None or next_ms > now_ms:
                break
            chunks.append(self._pop(self._next_length()))
            self._n_sent += len(chunks[-1])
        return chunks

    def report_played(self, n_samples: int, now_ms: float) -> None:
        """A device says how much it has played. From now on its position counts, and not the time."""
        self._reported = (n_samples, now_ms)

    def played_samples(self, now_ms: float) -> int:
        """What was let out, or what the time since the first chunk (or since the last report) allows, if less."""
        if self._reported is not None:
            n_reported, since_ms = self._reported
            return min(self._n_sent, n_reported + int((now_ms - since_ms) * self._samples_per_ms))
        return self._allowed_samples(now_ms)

    def _allowed_samples(self, now_ms: float) -> int:
        if self._zero_ms is None:
            return 0
        return min(self._n_sent, int((now_ms - self._zero_ms) * self._samples_per_ms))

    def _next_length(self) -> int:
        return min(self._chunk, self._n_queued)

    def _pop(self, n_samples: int) -> Samples:
        self._n_queued -= n_samples
        taken: list[Samples] = []
        while n_samples > 0:
            piece = self._pieces.popleft()
            if len(piece) > n_samples:
                self._pieces.appendleft(piece[n_samples:])
                piece = piece[:n_samples]
            taken.append(piece)
            n_samples -= len(piece)
        return taken[0] if len(taken) == 1 else np.concatenate(taken)
