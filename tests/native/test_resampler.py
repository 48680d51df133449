import os
import subprocess
import sys
import threading
from math import ceil, gcd

import numpy as np
import pytest

from electron_local.audio import Resampler, float32_to_int16, int16_to_float32, resample
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


@pytest.mark.parametrize("quality", ["voice", "hq", "vhq"])
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


@pytest.mark.parametrize(("quality", "bound"), [("hq", 4e-6), ("vhq", 4e-7)])
@pytest.mark.parametrize("n_channels", [1, 2])
@pytest.mark.parametrize(("from_rate", "to_rate"), [(16000, 48000), (48000, 16000), (44100, 16000), (8000, 16000)])
def test_inexact_is_the_same_within_the_stated_bound(from_rate, to_rate, quality, bound, n_channels):
    samples = noise(4 * from_rate * n_channels + n_channels)
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


@pytest.mark.parametrize("bad", [np.zeros(4), np.zeros(4, np.int32), np.zeros(4, ">f4"), [0.0], b"\0\0\0\0", None])
def test_another_dtype_is_refused(bad):
    with pytest.raises(InvalidArgumentError, match="samples must be an array of float32 or int16, got"):
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
        resample(noise(4), from_rate, to_rate)
    with pytest.raises(InvalidArgumentError, match=f"{name} must lie between 4000 and 192000 Hz, got"):
        Resampler(from_rate, to_rate)


def test_unknown_quality_is_refused():
    with pytest.raises(InvalidArgumentError, match="quality must be fast, voice, hq or vhq, got best"):
        Resampler(16000, 48000, "best")


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


def test_telephone_band_passes_voice():
    for frequency_hz in (300.0, 2000.0, 3400.0):
        out = resample(tone(8000, frequency_hz, 8000), 8000, 16000).astype(np.float64)[1000:-1000]
        assert 20 * np.log10(np.sqrt(2 * np.mean(out**2)) / 0.5) == pytest.approx(0.0, abs=0.02)


DIGEST = """
import hashlib, numpy as np
from electron_local.audio import resample
samples = np.random.default_rng(1).uniform(-0.5, 0.5, 9000).astype(np.float32)
for rates in {rates}:
    for quality in ("voice", "hq", "vhq"):
        print(hashlib.sha256(resample(samples, *rates, quality).tobytes()).hexdigest())
whole = np.random.default_rng(2).uniform(-0.5, 0.5, 100000).astype(np.float32)
inexact = [resample(whole, 44100, 16000, quality, exact=False) for quality in ("hq", "vhq")]
np.save({path!r}, np.concatenate([resample(samples, 44100, 16000, "hq"), *inexact]))
"""


def test_instruction_sets_agree(tmp_path):
    """Those that fuse multiply and add to the bit; baseline x86-64 within rounding."""
    digests, outputs = {}, {}
    for isa in ("baseline", "avx2", "avx512", "neon"):
        path = str(tmp_path / f"{isa}.npy")
        code = DIGEST.format(rates=RATES, path=path)
        environment = {**os.environ, "ELECTRON_LOCAL_ISA": isa}
        result = subprocess.run(
            [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
        )
        if "which this processor lacks" in result.stderr:
            continue
        assert result.returncode == 0, result.stderr
        digests[isa], outputs[isa] = result.stdout, np.load(path)
    if "avx512" in digests:
        assert digests["avx512"] == digests["avx2"]
    for output in outputs.values():
        np.testing.assert_allclose(output, outputs["baseline"], atol=1e-5)


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
