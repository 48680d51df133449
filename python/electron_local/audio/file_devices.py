"""Stand-ins for a microphone and a loudspeaker, for tests and for machines without a sound card."""

from __future__ import annotations

import time
from collections.abc import Callable
from os import PathLike

from electron_local.audio.endpoints import BLOCK_MS, Float32Array, check_samples
from electron_local.audio.frame import AudioFrame
from electron_local.audio.wav import read_wav
from electron_local.errors import DeviceError, InvalidArgumentError


class FileMicrophone:
    """Reads a WAV file in blocks of 20 ms, converted to `sample_rate`.

    Args:
        path: a file that `read_wav` can read; the same errors.
        sample_rate: of the blocks, in Hz.
        is_paced: hand out a block only when a live microphone would have it.
        clock, sleep: seconds; replaced in tests.

    >>> import tempfile
    >>> import numpy as np
    >>> from electron_local.audio.wav import write_wav
    >>> path = tempfile.mkdtemp() + "/a.wav"
    >>> write_wav(path, AudioFrame(np.zeros(400, np.float32), 16000))
    >>> microphone = FileMicrophone(path, is_paced=False)
    >>> [len(frame.samples) for frame in iter(microphone.read, None)]
    [320, 80]
    """

    def __init__(
        self,
        path: str | PathLike[str],
        sample_rate: int = 16000,
        *,
        is_paced: bool = True,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._samples = read_wav(path, sample_rate).samples
        self._sample_rate = sample_rate
        self._is_paced = is_paced
        self._clock = clock
        self._sleep = sleep
        self._n_read = 0
        self._started_at: float | None = None

    @property
    def sample_rate(self) -> int:
        """In Hz."""
        return self._sample_rate

    def read(self) -> AudioFrame | None:
        """The next block, the last one shorter; None at the end."""
        block = self._samples[self._n_read : self._n_read + self._sample_rate * BLOCK_MS // 1000]
        if len(block) == 0:
            return None
        timestamp = self._n_read / self._sample_rate
        self._n_read += len(block)
        if self._is_paced:
            self._wait_until(self._n_read / self._sample_rate)
        return AudioFrame(block, self._sample_rate, timestamp)

    def close(self) -> None:
        """End the source; idempotent."""
        self._samples = self._samples[:0]

    def _wait_until(self, time_s: float) -> None:
        if self._started_at is None:
            self._started_at = self._clock()
        wait_s = self._started_at + time_s - self._clock()
        if wait_s > 0:
            self._sleep(wait_s)


class NullLoudspeaker:
    """Plays to nobody, at the pace of a real device. One thread.

    Args:
        sample_rate: in Hz.
        clock, sleep: seconds; replaced in tests.

    >>> import numpy as np
    >>> loudspeaker = NullLoudspeaker(48000, clock=iter([0.0, 0.25, 0.25, 9.0]).__next__)
    >>> loudspeaker.write(np.zeros(48000, np.float32))
    >>> loudspeaker.position, loudspeaker.clear(), loudspeaker.position
    (12000, 36000, 12000)
    """

    def __init__(
        self,
        sample_rate: int = 48000,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if sample_rate < 1:
            raise InvalidArgumentError(f"sample_rate must be at least 1, got {sample_rate}")
        self._sample_rate = sample_rate
        self._clock = clock
        self._sleep = sleep
        self._n_written = 0
        self._n_played = 0
        self._settled_at = 0.0
        self._is_closed = False

    @property
    def sample_rate(self) -> int:
        """In Hz."""
        return self._sample_rate

    @property
    def position(self) -> int:
        """How many of the written samples have been heard. Cleared samples are not counted."""
        self._settle()
        return self._n_played

    @property
    def n_queued(self) -> int:
        """How many written samples have not been heard."""
        return self._n_written - self.position

    def write(self, samples: Float32Array) -> None:
        """Queue 1-D float32 samples.

        Raises:
            DeviceError: the loudspeaker was closed.
            InvalidArgumentError: another dtype or shape.
        """
        check_samples(samples)
        if self._is_closed:
            raise DeviceError(f"the loudspeaker is closed; {len(samples)} samples were not played")
        self._settle()
        self._n_written += len(samples)

    def clear(self) -> int:
        """Drop what is queued (barge-in) and return how many samples that were."""
        n_dropped = self.n_queued
        self._n_written = self._n_played
        return n_dropped

    def drain(self) -> None:
        """Wait until all that was written has been heard."""
        while (n_queued := self.n_queued) > 0:
            self._sleep(n_queued / self._sample_rate)

    def close(self) -> None:
        """End the sink at once; idempotent."""
        self._is_closed = True
        self._n_written = self._n_played

    def _settle(self) -> None:
        """Move the position to now; whole samples only, so that no fraction is lost between calls."""
        now = self._clock()
        n_elapsed = int((now - self._settled_at) * self._sample_rate + 1e-6)
        if self._n_played + n_elapsed >= self._n_written:
            self._n_played = self._n_written
            self._settled_at = now
        else:
            self._n_played += n_elapsed
            self._settled_at += n_elapsed / self._sample_rate
