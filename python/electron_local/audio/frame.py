"""The unit of audio that travels between stages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from electron_local.errors import InvalidArgumentError


@dataclass(frozen=True)
class AudioFrame:
    """Mono samples with their rate and the time of the first one.

    Attributes:
        samples: 1-D array, float32 in [-1, 1] or int16.
        sample_rate: samples per second.
        timestamp: seconds from the start of the stream to the first sample.

    Raises:
        InvalidArgumentError: wrong dtype, wrong shape or a rate below 1. Nothing is converted silently.

    >>> frame = AudioFrame(np.zeros(160, np.float32), 16000)
    >>> frame.duration_ms
    10.0
    """

    samples: npt.NDArray[Any]
    sample_rate: int
    timestamp: float = 0.0

    def __post_init__(self) -> None:
        if not isinstance(self.samples, np.ndarray) or self.samples.dtype not in (np.float32, np.int16):
            got = getattr(self.samples, "dtype", type(self.samples).__name__)
            raise InvalidArgumentError(f"samples must be a float32 or int16 array, got {got}")
        if self.samples.ndim != 1:
            raise InvalidArgumentError(f"samples must have 1 dimension, got {self.samples.ndim}")
        if self.sample_rate < 1:
            raise InvalidArgumentError(f"sample_rate must be at least 1, got {self.sample_rate}")

    @property
    def duration_ms(self) -> float:
        """Length in milliseconds."""
        return 1000.0 * len(self.samples) / self.sample_rate
