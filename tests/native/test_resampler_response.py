"""What rate conversion does to the band: aliases, images, ripple, delay."""

from math import gcd

import numpy as np
import pytest

from electron_local.audio import Resampler, resample
from resampling_signals import QUALITIES, RATES, spectrum_db, tone

STOP_BANDS_DB = {"fast": -60, "voice": -70, "hq": -120, "vhq": -150}


@pytest.mark.parametrize("quality", QUALITIES)
@pytest.mark.parametrize(("from_rate", "to_rate"), [(48000, 16000), (44100, 16000), (47999, 16000)])
def test_what_would_alias_is_stopped(from_rate, to_rate, quality):
    for frequency_hz in np.array([1.01, 1.05, 1.2, 1.7]) * to_rate / 2:
        out = resample(tone(from_rate, frequency_hz, from_rate), from_rate, to_rate, quality)
        assert spectrum_db(out).max() <= STOP_BANDS_DB[quality]


@pytest.mark.parametrize("quality", QUALITIES)
@pytest.mark.parametrize(("from_rate", "to_rate"), [(16000, 48000), (16000, 44100), (16000, 47999)])
def test_images_are_stopped(from_rate, to_rate, quality):
    for frequency_hz in (1000.0, 5000.0, 7900.0):
        levels = spectrum_db(resample(tone(from_rate, frequency_hz, from_rate), from_rate, to_rate, quality))
        frequencies = np.linspace(0, to_rate / 2, len(levels))
        assert levels[frequencies > from_rate / 2 + 50].max() <= STOP_BANDS_DB[quality]


PASS_BANDS = {"fast": (0.7, 0.02), "voice": (0.85, 0.02), "hq": (0.9, 0.0001), "vhq": (0.9, 0.0001)}


@pytest.mark.parametrize("quality", QUALITIES)
@pytest.mark.parametrize(("from_rate", "to_rate"), [(16000, 48000), (44100, 16000), (16000, 47999), (47999, 16000)])
def test_pass_band_is_flat(from_rate, to_rate, quality):
    edge, ripple_db = PASS_BANDS[quality]
    nyquist_hz = min(from_rate, to_rate) / 2
    for frequency_hz in np.linspace(0.02, edge, 7) * nyquist_hz:
        out = resample(tone(from_rate, frequency_hz, from_rate // 2), from_rate, to_rate, quality).astype(np.float64)
        skip = len(out) // 8
        n = np.arange(len(out))[skip:-skip]
        angle = 2 * np.pi * frequency_hz / to_rate * n
        basis = np.stack([np.sin(angle), np.cos(angle)], axis=1)
        (sine, cosine), *_ = np.linalg.lstsq(basis, out[skip:-skip], rcond=None)
        assert abs(20 * np.log10(np.hypot(sine, cosine) / 0.5)) <= ripple_db
        assert np.arctan2(cosine, sine) == pytest.approx(0.3, abs=1e-4)  # no residual delay


@pytest.mark.parametrize(("from_rate", "to_rate"), RATES)
def test_a_constant_stays_constant(from_rate, to_rate):
    out = resample(np.full(from_rate // 5, 0.25, np.float32), from_rate, to_rate)
    inner = out[len(out) // 4 : -len(out) // 4]
    np.testing.assert_allclose(inner, 0.25, rtol=2e-6)


def test_telephone_band_passes_voice():
    for frequency_hz in (300.0, 2000.0, 3400.0):
        out = resample(tone(8000, frequency_hz, 8000), 8000, 16000).astype(np.float64)[1000:-1000]
        assert 20 * np.log10(np.sqrt(2 * np.mean(out**2)) / 0.5) == pytest.approx(0.0, abs=0.02)


@pytest.mark.parametrize("quality", QUALITIES)
@pytest.mark.parametrize(("from_rate", "to_rate"), RATES)
def test_impulse_arrives_after_delay(from_rate, to_rate, quality):
    step = from_rate // gcd(from_rate, to_rate)  # one input position that is also an output position
    impulse = np.zeros(max(step, from_rate // 20) + 1, np.float32)
    at = step if step < len(impulse) and step > 1 else 1
    impulse[at] = 1.0
    resampler = Resampler(from_rate, to_rate, quality)
    out = np.concatenate([resampler.process(impulse), resampler.flush()])
    assert int(np.argmax(out)) - resampler.delay == round(at * to_rate / from_rate)


@pytest.mark.parametrize("rates", [(16000, 48000), (48000, 16000), (44100, 16000), (8000, 16000), (16000, 44100)])
def test_voice_delays_by_2_ms_at_most(rates):
    assert Resampler(*rates, "voice").delay / rates[1] <= 0.002


def test_fast_delays_by_1_ms_at_most_at_16_khz():
    assert Resampler(16000, 48000, "fast").delay / 48000 <= 0.001
    assert Resampler(48000, 16000, "fast").delay / 16000 <= 0.001
