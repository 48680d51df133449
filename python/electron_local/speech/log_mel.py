"""Whisper's log-mel features. Source: Radford et al., Robust Speech Recognition via Large-Scale Weak Supervision, 2022.

80 bands on Slaney's mel scale from 0 to 8 kHz, windows of 25 ms every 10 ms.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

N_MELS = 80
HOP = 160
_N_FFT = 400
_RATE = 16000
_DYNAMIC_RANGE = 8.0  # decades below the loudest


def log_mel(samples: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Features of mono samples at 16 kHz, float32 of shape (80, len(samples) // 160).

    >>> log_mel(np.zeros(1600, np.float32)).shape
    (80, 10)
    """
    window = np.hanning(_N_FFT + 1)[:-1]
    padded = np.pad(samples.astype(np.float64), _N_FFT // 2, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, _N_FFT)[::HOP][: len(samples) // HOP]
    power = np.abs(np.fft.rfft(frames * window)) ** 2
    decades = np.log10(np.maximum(_mel_bank() @ power.T, 1e-10))
    limited = np.maximum(decades, decades.max(initial=-10.0) - _DYNAMIC_RANGE)
    features: npt.NDArray[np.float32] = ((limited + 4.0) / 4.0).astype(np.float32)
    return features


@lru_cache(maxsize=1)
def _mel_bank() -> npt.NDArray[np.float64]:
    """Triangles of equal area, (80, 201). Source: Slaney, Auditory Toolbox, 1998."""
    frequencies = np.linspace(0, _RATE / 2, _N_FFT // 2 + 1)
    edges = _hertz(np.linspace(0, _mels(_RATE / 2), N_MELS + 2))
    rising = (frequencies - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - frequencies) / np.diff(edges)[1:, None]
    triangles = np.maximum(0, np.minimum(rising, falling))
    bank: npt.NDArray[np.float64] = triangles * (2 / (edges[2:] - edges[:-2]))[:, None]
    return bank


def _mels(hertz: float) -> float:
    """Linear to 1 kHz (15 mels), then logarithmic."""
    return 3 * hertz / 200 if hertz < 1000 else float(15 + np.log(hertz / 1000) * 27 / np.log(6.4))


def _hertz(mels: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.where(mels < 15, 200 * mels / 3, 1000 * np.exp((mels - 15) * np.log(6.4) / 27))
