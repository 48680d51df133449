"""What a conversation needs of a microphone and of a loudspeaker."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from electron_local.audio.frame import AudioFrame
from electron_local.errors import InvalidArgumentError

Float32Array = npt.NDArray[np.float32]

BLOCK_MS = 20


@runtime_checkable
class AudioSource(Protocol):
    """Where a conversation hears. One thread reads."""

    @property
    def sample_rate(self) -> int:
        """In Hz."""

    def read(self) -> AudioFrame | None:
        """Wait for the next block of 20 ms (the last may be shorter); None when the source has ended."""

    def close(self) -> None:
        """End the source; idempotent, from any thread."""


@runtime_checkable
class AudioSink(Protocol):
    """Where a conversation is heard."""

    @property
    def sample_rate(self) -> int:
        """In Hz."""

    @property
    def position(self) -> int:
        """How many of the written samples have been heard. Cleared samples are not counted."""

    @property
    def n_queued(self) -> int:
        """How many written samples have not been handed to the device."""

    def write(self, samples: Float32Array) -> None:
        """Queue 1-D float32 samples; waits while the queue is full."""

    def clear(self) -> int:
        """Drop what is queued (barge-in) and return how many samples that were."""

    def drain(self) -> None:
        """Wait until all that was written has been heard or the sink has ended."""

    def close(self) -> None:
        """End the sink at once; idempotent, from any thread."""


def check_samples(samples: Float32Array) -> None:
    """Raise InvalidArgumentError unless `samples` is a 1-D float32 array."""
    if not isinstance(samples, np.ndarray) or samples.dtype != np.float32 or samples.ndim != 1:
        got = f"{samples.dtype} with {samples.ndim} dimensions" if isinstance(samples, np.ndarray) else type(samples)
        raise InvalidArgumentError(f"samples must be a 1-D float32 array, got {got}")
