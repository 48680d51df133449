"""Loudness: a steady level from a microphone, and an end of playback that does not click."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from electron_local import _core
from electron_local.errors import InvalidArgumentError

Float32Array = npt.NDArray[np.float32]

FADE_MS = 5


class LevelControl:
    """Takes an offset away, brings speech to a steady level and keeps peaks below a ceiling.

    A high-pass at 10 Hz, then a gain that rises by 6 and falls by 30 dB a second (and rests while nothing is louder
    than -55 dB), then a limiter without look-ahead. No delay; any chunking gives the same samples.

    Args:
        sample_rate: in Hz, 4000 to 192000.
        target_db: of speech, RMS against full scale, -60 to -6.
        max_gain_db: the gain stays within plus and minus this, 0 to 60.
        ceiling_db: no sample that comes out is beyond this, -20 to 0.

    Raises:
        InvalidArgumentError: a value out of its range.

    >>> control = LevelControl(16000)
    >>> control.process(np.full(16000, 0.25, np.float32))[-1].item() < 1e-6
    True
    """

    def __init__(
        self, sample_rate: int = 16000, *, target_db: float = -23.0, max_gain_db: float = 24.0, ceiling_db: float = -1.0
    ) -> None:
        self._core = _core.LevelControl(sample_rate, target_db, max_gain_db, ceiling_db)

    @property
    def gain_db(self) -> float:
        """Of the automatic gain, now."""
        return self._core.gain_db

    def process(self, samples: Float32Array) -> Float32Array:
        """The next samples, any number.

        Raises:
            InvalidArgumentError: not a 1-D float32 array, or a sample that is not finite or beyond 8.0 (then nothing
                was taken).
        """
        return self._core.process(samples)

    def reset(self) -> None:
        """Forget the stream; the gain is 0 dB again."""
        self._core.reset()


def fade_out(samples: Float32Array, sample_rate: int, fade_ms: float = FADE_MS) -> Float32Array:
    """The first `fade_ms` of `samples` on their way down to silence, half a period of a cosine: how a cut should end.

    Returns at most `round(sample_rate * fade_ms / 1000)` samples; fewer when `samples` holds fewer.

    Raises:
        InvalidArgumentError: `fade_ms` or `sample_rate` is not positive.

    >>> [round(sample, 2) for sample in fade_out(np.ones(960, np.float32), 1000, 4).tolist()]
    [0.96, 0.69, 0.31, 0.04]
    """
    if sample_rate < 1 or not fade_ms > 0:
        raise InvalidArgumentError(f"sample_rate and fade_ms must be positive, got {sample_rate} and {fade_ms}")
    n_samples = min(len(samples), round(sample_rate * fade_ms / 1000))
    ramp = 0.5 + 0.5 * np.cos(np.pi * (np.arange(n_samples) + 0.5) / max(n_samples, 1))
    return samples[:n_samples] * ramp.astype(np.float32)
