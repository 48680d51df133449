"""The ring between an audio callback and Python."""

from __future__ import annotations

from threading import Condition

import numpy as np
import numpy.typing as npt

from electron_local.errors import InvalidArgumentError

Float32Array = npt.NDArray[np.float32]


class SampleRing:
    """A bounded queue of float32 samples.

    Any thread may call anything. The lock is held for a copy of samples and no longer, so `put` and `take` suit an
    audio callback.

    >>> ring = SampleRing(4)
    >>> ring.put(np.arange(6, dtype=np.float32))
    4
    >>> out = np.zeros(3, np.float32)
    >>> ring.take(out), out.tolist(), len(ring)
    (3, [0.0, 1.0, 2.0], 1)
    """

    def __init__(self, capacity: int) -> None:
        if capacity < 1:
            raise InvalidArgumentError(f"capacity must be at least 1 sample, got {capacity}")
        self._samples = np.zeros(capacity, np.float32)
        self._changed = Condition()
        self._n_put = 0
        self._n_taken = 0
        self._closed = False

    def __len__(self) -> int:
        with self._changed:
            return self._n_put - self._n_taken

    @property
    def closed(self) -> bool:
        """True after `close`."""
        return self._closed

    def put(self, samples: Float32Array) -> int:
        """Append what fits and return how many samples that were. Never waits."""
        with self._changed:
            return self._put(samples)

    def put_all(self, samples: Float32Array, timeout_s: float) -> int:
        """Append everything, waiting for room; returns how many samples that were: fewer when the ring is closed, or
        when nobody takes any for so long."""
        with self._changed:
            n_done = 0
            while n_done < len(samples) and not self._closed:
                n_done += self._put(samples[n_done:])
                if n_done < len(samples) and not self._changed.wait(timeout_s):
                    break
            return n_done

    def take(self, out: Float32Array) -> int:
        """Fill `out` with the oldest samples, return how many there were. Never waits."""
        with self._changed:
            n_samples = min(len(out), self._n_put - self._n_taken)
            self._copy_out(out[:n_samples])
            self._changed.notify_all()
            return n_samples

    def take_all(self, out: Float32Array, timeout_s: float) -> int:
        """Like `take`, but waits until `out` can be filled, the ring is closed, or the time is over."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._n_put - self._n_taken >= len(out), timeout_s)
        return self.take(out)

    def clear(self, fade: Float32Array | None = None) -> int:
        """Drop what is queued, return how many samples that were.

        Samples that `fade` has a factor for are multiplied by it and stay.
        """
        with self._changed:
            n_kept = 0 if fade is None else min(len(fade), self._n_put - self._n_taken)
            if fade is not None:
                places = (self._n_taken + np.arange(n_kept)) % len(self._samples)
                self._samples[places] *= fade[:n_kept]
            n_dropped = self._n_put - self._n_taken - n_kept
            self._n_put = self._n_taken + n_kept
            self._changed.notify_all()
            return n_dropped

    def close(self) -> None:
        """Wake all who wait; nothing more can be put, what is queued can still be taken. Idempotent."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _put(self, samples: Float32Array) -> int:
        capacity = len(self._samples)
        room = 0 if self._closed else capacity - (self._n_put - self._n_taken)
        n_samples = min(len(samples), room)
        start = self._n_put % capacity
        n_first = min(n_samples, capacity - start)
        self._samples[start : start + n_first] = samples[:n_first]
        self._samples[: n_samples - n_first] = samples[n_first:n_samples]
        self._n_put += n_samples
        self._changed.notify_all()
        return n_samples

    def _copy_out(self, out: Float32Array) -> None:
        capacity = len(self._samples)
        start = self._n_taken % capacity
        n_first = min(len(out), capacity - start)
        out[:n_first] = self._samples[start : start + n_first]
        out[n_first:] = self._samples[: len(out) - n_first]
        self._n_taken += len(out)
