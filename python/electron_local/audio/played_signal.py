"""What the loudspeaker plays, sample by sample beside what the microphone hears."""

from __future__ import annotations

import numpy as np

from electron_local.audio.endpoints import BLOCK_MS, Float32Array
from electron_local.audio.resampling import Resampler
from electron_local.audio.sample_ring import SampleRing

_RING_S = 2
_LONGEST_DEBT_MS = 200


class PlayedSignal:
    """Joins a loudspeaker's callback to the thread that reads the microphone.

    The callback puts all that it hands to the device, silence too; the reader takes as much as it has read. Both
    devices count the same time, so the two stay beside each other: where the callback is late, zeros are taken, and
    what comes for them afterwards is dropped. One block of 20 ms is kept back, so that it seldom is.

    Args:
        from_rate: of the loudspeaker, in Hz.
        to_rate: of the microphone.

    >>> played = PlayedSignal(48000, 16000)
    >>> for _ in range(4):
    ...     played.put(np.ones(960, np.float32))
    >>> len(played.take(320)), played.n_waiting
    (320, 960)
    """

    def __init__(self, from_rate: int = 48000, to_rate: int = 16000) -> None:
        self._ring = SampleRing(_RING_S * from_rate)
        self._resampler = Resampler(from_rate, to_rate, "hq")  # the echo holds the whole band
        self._from_rate = from_rate
        self._to_rate = to_rate
        self._n_taken = 0  # at to_rate
        self._n_used = 0  # at from_rate
        self._n_owed = 0
        self._is_started = False
        self._ready = np.zeros(0, np.float32)

    @property
    def n_waiting(self) -> int:
        """Samples at `from_rate` that were put and not taken."""
        return len(self._ring)

    def put(self, samples: Float32Array) -> None:
        """Any thread; never waits. What nobody takes for 2 s is lost."""
        self._ring.put(samples)

    def take(self, n_samples: int) -> Float32Array:
        """The next `n_samples` at `to_rate`, for the thread of the microphone."""
        block = self._from_rate * BLOCK_MS // 1000
        n_wanted = -(-(self._n_taken + n_samples) * self._from_rate // self._to_rate) - self._n_used
        if not self._is_started or self._n_owed > self._from_rate * _LONGEST_DEBT_MS // 1000:
            self._drop(len(self._ring) - n_wanted - block)
            self._is_started, self._n_owed = len(self._ring) >= n_wanted, 0
        self._n_owed -= self._drop(min(self._n_owed, len(self._ring)))
        samples = np.zeros(n_wanted, np.float32)
        self._n_owed += n_wanted - (self._ring.take(samples) if self._is_started else n_wanted)
        self._n_used += n_wanted
        self._n_taken += n_samples
        self._ready = np.concatenate([self._ready, self._resampler.process(samples)])
        taken, self._ready = self._ready[:n_samples], self._ready[n_samples:]
        return taken

    def _drop(self, n_samples: int) -> int:
        return self._ring.take(np.empty(max(0, n_samples), np.float32))
