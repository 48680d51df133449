"""Rate conversion by a polyphase filter with an exact rational ratio."""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from electron_local import _core

Float32Array: TypeAlias = npt.NDArray[np.float32]
Quality: TypeAlias = Literal["fast", "voice", "hq", "vhq"]


class Resampler:
    """A mono float32 stream from one sample rate to another.

    After n input samples exactly `ceil(n * to_rate / from_rate)` output samples have been returned, however the
    stream was cut, and the samples are the same bit for bit. The first `delay` of them come before input sample 0;
    `flush()` returns the last `delay`. Equal rates copy. A NaN or infinity spoils the outputs within its reach and no
    others.

    Preset    stop-band   pass-band          delay
    `fast`    60 dB       to 0.75 Nyquist    15 samples of the lower rate (0.9 ms at 16 kHz)
    `voice`   70 dB       to 0.85 Nyquist    31 samples of the lower rate, less below 16 kHz: at most 2 ms from 8 kHz up
    `hq`      120 dB      to 0.91 Nyquist    95 samples of the lower rate
    `vhq`     150 dB      to 0.91 Nyquist    122 samples of the lower rate

    Nyquist is half the lower rate; the stop-band starts there. At 8 kHz the pass-band of `voice` ends at
    0.7 Nyquist.

    Args:
        from_rate: input samples per second, 4000 to 192000.
        to_rate: output samples per second, 4000 to 192000. Any ratio will do.
        quality: one of the presets.

    Raises:
        InvalidArgumentError: a rate outside the range or an unknown preset.

    One thread at a time; a second one raises InvalidArgumentError. The GIL is released while samples are computed.

    Source: Kaiser-windowed sinc; Crochiere and Rabiner, Multirate Digital Signal Processing, 1983.

    >>> resampler = Resampler(16000, 48000)
    >>> len(resampler.process(np.zeros(320, np.float32)))
    960
    >>> resampler.delay, len(resampler.flush())
    (93, 93)
    """

    def __init__(self, from_rate: int, to_rate: int, quality: Quality = "voice") -> None:
        self._core = _core.Resampler(from_rate, to_rate, quality)
        self.from_rate = from_rate
        self.to_rate = to_rate
        self.quality = quality

    @property
    def delay(self) -> int:
        """In output samples, exact."""
        return self._core.delay

    def output_size(self, n_samples: int) -> int:
        """How many samples `process` will return for the next `n_samples`."""
        return self._core.output_size(n_samples)

    def process(self, samples: Float32Array) -> Float32Array:
        """Convert the next piece of the stream, of any length, 0 too.

        Raises:
            InvalidArgumentError: `samples` is not a 1-D float32 array.
        """
        return self._core.process(samples)

    def flush(self) -> Float32Array:
        """Return the last `delay` samples (none when nothing was processed) and reset."""
        return self._core.flush()

    def reset(self) -> None:
        """Forget the stream; the next sample is input sample 0 again."""
        self._core.reset()


def resample(samples: Float32Array, from_rate: int, to_rate: int, quality: Quality = "voice") -> Float32Array:
    """Convert a whole recording, delay removed.

    Returns `ceil(len(samples) * to_rate / from_rate)` samples; output sample m lies at input time
    m * from_rate / to_rate. Raises as `Resampler` does.

    >>> resample(np.ones(441, np.float32), 44100, 16000).shape
    (160,)
    """
    resampler = Resampler(from_rate, to_rate, quality)
    converted = resampler.process(samples)
    return np.concatenate([converted, resampler.flush()])[resampler.delay :]
