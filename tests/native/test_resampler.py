import threading
from math import ceil, gcd

import numpy as np
import pytest

from electron_local.audio import Resampler, resample
from electron_local.errors import InvalidArgumentError

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


@pytest.mark.parametrize("quality", ["voice", "vhq"])
@pytest.mark.parametrize(("from_rate", "to_rate"), RATES)
def test_any_chunking_equals_one_shot_bit_for_bit(from_rate, to_rate, quality):
    samples = noise(from_rate // 20 + 7)
    whole = Resampler(from_rate, to_rate, quality)
    expected = np.concatenate([whole.process(samples), whole.flush()])
    draw = np.random.default_rng(2)
    for piece_sizes in (iter(lambda: 1, None), iter(lambda: draw.integers(0, 99), None), iter(lambda: 320, None)):
        got = stream(Resampler(from_rate, to_rate, quality), samples, piece_sizes)
        np.testing.assert_array_equal(got.view(np.uint32), expected.view(np.uint32))


def test_input_longer_than_a_block_equals_small_pieces():
    samples = noise(20_000)
    expected = Resampler(44100, 48000).process(samples)
    resampler = Resampler(44100, 48000)
    got = np.concatenate([resampler.process(piece) for piece in np.split(samples, range(441, 20_000, 441))])
    np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize("quality", QUALITIES)
@pytest.mark.parametrize(("from_rate", "to_rate"), RATES)
def test_counts_are_predictable(from_rate, to_rate, quality):
    resampler = Resampler(from_rate, to_rate, quality)
    n_in = n_out = 0
    for size in [0, 1, 2, 99, 3, from_rate // 50, from_rate // 50, 1]:
        predicted = resampler.output_size(size)
        given = len(resampler.process(noise(size)))
        n_in, n_out = n_in + size, n_out + given
        assert given == predicted
        assert n_out == ceil(n_in * to_rate / from_rate)
    assert len(resampler.flush()) == resampler.delay


@pytest.mark.parametrize(("from_rate", "to_rate"), RATES)
def test_every_20_ms_in_gives_its_share_out(from_rate, to_rate):
    resampler = Resampler(from_rate, to_rate)
    counts = {len(resampler.process(np.zeros(from_rate // 50, np.float32))) for _ in range(20)}
    share = from_rate // 50 * to_rate / from_rate
    assert counts <= {int(share), ceil(share)}


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


@pytest.mark.parametrize(("from_rate", "to_rate"), RATES)
@pytest.mark.parametrize("n_samples", [0, 1, 2, 99, 1000])
def test_resample_returns_the_documented_length(from_rate, to_rate, n_samples):
    out = resample(noise(n_samples), from_rate, to_rate)
    assert out.dtype == np.float32
    assert len(out) == ceil(n_samples * to_rate / from_rate)


def test_equal_rates_copy():
    samples = noise(100)
    resampler = Resampler(22050, 22050)
    out = resampler.process(samples)
    assert out is not samples
    np.testing.assert_array_equal(out, samples)
    assert resampler.delay == 0
    assert len(resampler.flush()) == 0


def test_reset_and_flush_begin_a_new_stream():
    samples = noise(500)
    resampler = Resampler(16000, 44100)
    first = resampler.process(samples)
    resampler.reset()
    np.testing.assert_array_equal(resampler.process(samples), first)
    resampler.flush()
    np.testing.assert_array_equal(resampler.process(samples), first)


def test_flush_of_nothing_is_empty():
    resampler = Resampler(16000, 48000)
    resampler.process(noise(0))
    assert len(resampler.flush()) == 0


def test_non_finite_input_reaches_its_neighbours_only():
    samples = noise(2000)
    samples[1000] = np.nan
    out = resample(samples, 16000, 48000)
    spoilt = np.flatnonzero(np.isnan(out))
    assert len(spoilt) > 0
    assert spoilt.min() >= 3 * (1000 - 40)
    assert spoilt.max() <= 3 * (1000 + 40)


def test_strided_and_read_only_input():
    samples = noise(1000)
    samples.flags.writeable = False
    np.testing.assert_array_equal(
        resample(samples[::2], 16000, 48000), resample(np.ascontiguousarray(samples[::2]), 16000, 48000)
    )


@pytest.mark.parametrize("bad", [np.zeros(4), np.zeros(4, np.int16), [0.0], b"\0\0\0\0"])
def test_another_dtype_is_refused(bad):
    with pytest.raises(InvalidArgumentError, match="samples must be an array of float32, got"):
        Resampler(16000, 48000).process(bad)


def test_another_shape_is_refused():
    with pytest.raises(InvalidArgumentError, match="must have 1 dimension, got 2"):
        Resampler(16000, 48000).process(np.zeros((2, 4), np.float32))


@pytest.mark.parametrize(
    ("from_rate", "to_rate", "name"),
    [(0, 16000, "from_rate"), (3999, 16000, "from_rate"), (16000, 192001, "to_rate"), (16000, -1, "to_rate")],
)
def test_rates_out_of_range_are_refused(from_rate, to_rate, name):
    with pytest.raises(InvalidArgumentError, match=f"{name} must lie between 4000 and 192000 Hz, got"):
        Resampler(from_rate, to_rate)


def test_unknown_quality_is_refused():
    with pytest.raises(InvalidArgumentError, match="quality must be fast, voice, hq or vhq, got best"):
        Resampler(16000, 48000, "best")


def test_two_threads_in_one_stream_raise_or_take_turns():
    resampler = Resampler(16000, 48000, "vhq")
    refusals = []

    def work():
        for _ in range(50):
            try:
                resampler.process(noise(1600))
            except InvalidArgumentError as error:
                refusals.append(str(error))

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all("two threads at once" in message for message in refusals)
