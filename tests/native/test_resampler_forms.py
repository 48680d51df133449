"""Rate conversion of channels and int16, beside a clock that drifts, and of recordings that need not be exact."""

from math import ceil

import numpy as np
import pytest

from electron_local.audio import Resampler, float32_to_int16, int16_to_float32, resample
from electron_local.errors import InvalidArgumentError
from resampling_signals import RATES, noise, tone


@pytest.mark.parametrize(("quality", "bound"), [("hq", 4e-6), ("vhq", 4e-7)])
@pytest.mark.parametrize("n_channels", [1, 2])
@pytest.mark.parametrize(("from_rate", "to_rate"), [(16000, 48000), (48000, 16000), (44100, 16000), (8000, 16000)])
def test_inexact_is_the_same_within_the_stated_bound(from_rate, to_rate, quality, bound, n_channels):
    samples = noise(12 * from_rate * n_channels + n_channels)  # enough blocks for the widest kernels
    samples = samples if n_channels == 1 else samples.reshape(-1, n_channels)
    exact = resample(samples, from_rate, to_rate, quality)
    inexact = resample(samples, from_rate, to_rate, quality, exact=False)
    assert inexact.shape == exact.shape
    difference = np.abs(inexact - exact).max()
    assert 0 < difference <= bound * np.abs(samples).max()
    assert np.abs(inexact - exact)[[0, -1]].max() <= bound * np.abs(samples).max()


def test_inexact_is_exact_where_blocks_do_not_suit():
    spoilt = noise(160000)
    spoilt[70000] = np.nan
    for samples, to_rate, quality in [
        (noise(800), 48000, "hq"),  # too short
        (noise(160000), 48000, "voice"),
        (noise(160000), 47999, "hq"),  # no transform of that ratio
        (spoilt, 48000, "hq"),
    ]:
        exact = resample(samples, 16000, to_rate, quality)
        np.testing.assert_array_equal(resample(samples, 16000, to_rate, quality, exact=False), exact)


def test_inexact_int16_is_the_rounded_float():
    samples = float32_to_int16(noise(160000))
    expected = float32_to_int16(resample(int16_to_float32(samples), 16000, 48000, "hq", exact=False))
    np.testing.assert_array_equal(resample(samples, 16000, 48000, "hq", exact=False), expected)


@pytest.mark.parametrize("n_channels", [0, 65])
def test_number_of_channels_is_limited(n_channels):
    with pytest.raises(InvalidArgumentError, match=f"n_channels must lie between 1 and 64, got {n_channels}"):
        Resampler(16000, 48000, n_channels=n_channels)
    with pytest.raises(InvalidArgumentError, match=f"n_channels must lie between 1 and 64, got {n_channels}"):
        resample(np.zeros((4, n_channels), np.float32), 16000, 48000)


@pytest.mark.parametrize("shape", [(6,), (3, 3), (1, 2, 3)])
def test_another_number_of_channels_is_refused(shape):
    with pytest.raises(InvalidArgumentError, match=r"samples must have the shape \(frames, 2\), got"):
        Resampler(16000, 48000, n_channels=2).process(np.zeros(shape, np.float32))


@pytest.mark.parametrize(("from_rate", "to_rate"), RATES)
def test_channels_are_streams_of_their_own(from_rate, to_rate):
    channels = [noise(3000, seed) for seed in range(3)]
    resampler = Resampler(from_rate, to_rate, n_channels=3)
    pieces = [resampler.process(piece) for piece in np.split(np.stack(channels, axis=1), [1, 100, 2777])]
    together = np.concatenate([*pieces, resampler.flush()])
    for i, channel in enumerate(channels):
        alone = Resampler(from_rate, to_rate)
        np.testing.assert_array_equal(together[:, i], np.concatenate([alone.process(channel), alone.flush()]))


@pytest.mark.parametrize(("from_rate", "to_rate"), RATES)
def test_int16_is_the_rounded_float(from_rate, to_rate):
    samples = (noise(5000) * 40000).astype(np.int16)
    out = resample(samples, from_rate, to_rate)
    assert out.dtype == np.int16
    expected = float32_to_int16(resample(int16_to_float32(samples), from_rate, to_rate))
    np.testing.assert_array_equal(out, expected)
    resampler = Resampler(from_rate, to_rate)
    pieces = [resampler.process(piece) for piece in np.split(samples, [1, 2, 100])]
    tail = resampler.flush()
    assert tail.dtype == np.int16
    np.testing.assert_array_equal(np.concatenate([*pieces, tail])[resampler.delay :], out)


def test_int16_saturates():
    square = np.where(np.arange(4000) // 40 % 2, 32767, -32768).astype(np.int16)
    out = resample(square, 16000, 48000)
    assert (out.min(), out.max()) == (-32768, 32767)
    assert np.all(np.abs(np.diff(out.astype(np.int32))) < 65535)  # it does not wrap


def test_drift_moves_the_signal_without_a_step():
    rate, drift_ppm, seconds = 16000, 300.0, 4
    samples = tone(rate, 1000.0, rate * seconds)
    resampler = Resampler(rate, rate, "hq", can_drift=True)
    resampler.set_drift(drift_ppm)
    pieces = [resampler.process(piece) for piece in np.split(samples, rate * seconds // 320)]
    out = np.concatenate(pieces)
    assert len(out) == ceil(len(samples) / (1 + drift_ppm * 1e-6))
    inner = out[2 * resampler.delay :].astype(np.float64)
    time = (np.arange(len(out))[2 * resampler.delay :] - resampler.delay) * (1 + drift_ppm * 1e-6)
    # Output m lies at input time m * (1 + drift); the filter's delay is a constant of the nominal ratio.
    expected = 0.5 * np.sin(2 * np.pi * 1000.0 / rate * (time + resampler.delay * drift_ppm * 1e-6) + 0.3)
    np.testing.assert_allclose(inner, expected, atol=1e-4)


def test_a_change_of_drift_does_not_click():
    rate = 16000
    samples = tone(rate, 440.0, rate)
    resampler = Resampler(rate, rate, can_drift=True)
    pieces = []
    for i, piece in enumerate(np.split(samples, 50)):
        resampler.set_drift(800.0 if i % 2 else -800.0)
        pieces.append(resampler.process(piece))
    inner = np.concatenate(pieces)[200:]
    assert np.abs(np.diff(inner, 3)).max() < 1.5 * 0.5 * (2 * np.pi * 440 / rate) ** 3


@pytest.mark.parametrize("ppm", [1000.1, -2000.0, np.nan, np.inf])
def test_drift_is_limited(ppm):
    with pytest.raises(InvalidArgumentError, match=r"drift must lie within \+-1000 ppm, got"):
        Resampler(16000, 48000, can_drift=True).set_drift(ppm)


def test_drift_must_be_asked_for():
    with pytest.raises(InvalidArgumentError, match="made without drift"):
        Resampler(16000, 48000).set_drift(1.0)
