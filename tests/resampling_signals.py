"""What the tests of rate conversion share."""

import numpy as np

QUALITIES = ["fast", "voice", "hq", "vhq"]
RATES = [
    (16000, 48000),
    (48000, 16000),
    (44100, 16000),
    (8000, 16000),
    (16000, 44100),
    (4000, 192000),
    (192000, 4000),
    (16000, 47999),  # interpolated bank, up
    (47999, 16000),  # and down
    (16000, 16000),
]


def noise(n_samples, seed=0):
    return np.random.default_rng(seed).uniform(-0.5, 0.5, n_samples).astype(np.float32)


def tone(rate, frequency_hz, n_samples, phase=0.3):
    return (0.5 * np.sin(2 * np.pi * frequency_hz / rate * np.arange(n_samples) + phase)).astype(np.float32)


def spectrum_db(samples):
    """Level of each bin relative to a tone of amplitude 0.5; the ends, where the filter starts, are left out."""
    inner = samples[len(samples) // 8 : -len(samples) // 8].astype(np.float64)
    window = np.kaiser(len(inner), 38)
    magnitude = np.abs(np.fft.rfft(inner * window)) * 2 / window.sum() / 0.5
    return 20 * np.log10(magnitude + 1e-20)


def stream(resampler, samples, piece_sizes):
    pieces, start = [], 0
    while start < len(samples):
        size = int(next(piece_sizes))
        pieces.append(resampler.process(samples[start : start + size]))
        start += size
    return np.concatenate([*pieces, resampler.flush()])
