"""Rate conversion by a polyphase filter with an exact rational ratio."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

from electron_local import _core

Quality: TypeAlias = Literal["fast", "voice", "hq", "vhq"]
Samples = TypeVar("Samples", npt.NDArray[np.float32], npt.NDArray[np.int16])


class Resampler:
    """A stream from one sample rate to another, float32 or int16, mono or interleaved.

    After n input frames exactly `ceil(n * to_rate / from_rate)` output frames have been returned, however the stream
    was cut, and the samples are the same bit for bit. The first `delay` of them come before input frame 0;
    `flush()` returns the last `delay`. Equal rates copy. A NaN or infinity spoils the outputs within its reach and no
    others. int16 is rounded to the nearest and saturates.

    Preset    stop-band   pass-band          delay
    `fast`    60 dB       to 0.75 Nyquist    15 samples of the lower rate (0.9 ms at 16 kHz)
    `voice`   70 dB       to 0.85 Nyquist    29 to 32 samples of the lower rate: at most 2 ms from 8 kHz up
    `hq`      120 dB      to 0.91 Nyquist    92 samples of the lower rate
    `vhq`     150 dB      to 0.91 Nyquist    116 samples of the lower rate

    Nyquist is half the lower rate; the stop-band starts there. Below 16 kHz 2 ms hold fewer taps, and the stop-band of
    `voice` starts later: at 8 kHz (from 4.6 kHz on) all of the telephone band passes. At no simple ratio, as from 44.1
    to 16 kHz, `hq` and `vhq` go through a rate between and come 8 to 11 samples of the lower rate later.

    All instruction sets that fuse multiplication and addition (AVX2, AVX-512, NEON) give the same bits; baseline x86-64
    differs by rounding alone, less than 1e-5 of full scale.

    Args:
        from_rate: input frames per second, 4000 to 192000.
        to_rate: output frames per second, 4000 to 192000. Any ratio will do.
        quality: one of the presets.
        n_channels: 1 takes and returns arrays of shape (frames,), 2 to 64 arrays of shape (frames, n_channels).
        can_drift: allow `set_drift`; about eight times the work.

    Raises:
        InvalidArgumentError: a rate or number of channels outside its range, or an unknown preset.

    One thread at a time; a second one raises InvalidArgumentError. The GIL is released for pieces of 4096 frames and
    more.

    Source: Kaiser-windowed sinc; Crochiere and Rabiner, Multirate Digital Signal Processing, 1983.

    >>> resampler = Resampler(16000, 48000)
    >>> len(resampler.process(np.zeros(320, np.float32)))
    960
    >>> resampler.delay, len(resampler.flush())
    (87, 87)
    """

    def __init__(
        self,
        from_rate: int,
        to_rate: int,
        quality: Quality = "voice",
        *,
        n_channels: int = 1,
        can_drift: bool = False,
    ) -> None:
        self._core = _core.Resampler(from_rate, to_rate, quality, n_channels, can_drift)
        self.from_rate = from_rate
        self.to_rate = to_rate
        self.quality = quality
        self.n_channels = n_channels

    @property
    def delay(self) -> int:
        """In output frames, exact."""
        return self._core.delay

    def output_size(self, n_frames: int) -> int:
        """How many frames `process` will return for the next `n_frames`."""
        return self._core.output_size(n_frames)

    def process(self, samples: Samples) -> Samples:
        """Convert the next piece of the stream, of any length, 0 too. What comes out has the dtype of what went in.

        Raises:
            InvalidArgumentError: `samples` is not a float32 or int16 array, or has another shape.
        """
        return self._core.process(samples)

    def flush(self) -> npt.NDArray[Any]:
        """Return the last `delay` frames (none when nothing was processed), in the dtype of the last piece; reset."""
        return self._core.flush()

    def reset(self) -> None:
        """Forget the stream; the next frame is input frame 0 again. The drift stays."""
        self._core.reset()

    def set_drift(self, ppm: float) -> None:
        """From the next output on, take `ppm` parts per million more input for the same output.

        For an input clock that is that much too fast, as a device's is against another's. The ratio changes without
        a click; `output_size` follows it.

        Raises:
            InvalidArgumentError: beyond 1000 ppm either way, or made without `can_drift`.
        """
        self._core.set_drift(ppm)


def resample(
    samples: Samples, from_rate: int, to_rate: int, quality: Quality = "voice", *, exact: bool = True
) -> Samples:
    """Convert a whole recording of shape (frames,) or (frames, channels), delay removed.

    Returns `ceil(len(samples) * to_rate / from_rate)` frames; output frame m lies at input time
    m * from_rate / to_rate. Raises as `Resampler` does.

    Args:
        samples, from_rate, to_rate, quality: as for `Resampler`.
        exact: the samples that a `Resampler` gives, bit for bit. False lets long recordings go through the frequency
            domain with `hq` and `vhq`, two to three times as quick: the same filter, so the samples differ by what its
            stop-band leaves and by rounding, less than 4e-6 of the peak with `hq` and 4e-7 with `vhq`.

    >>> resample(np.ones(441, np.float32), 44100, 16000).shape
    (160,)
    """
    return _core.resample(samples, from_rate, to_rate, quality, exact)
