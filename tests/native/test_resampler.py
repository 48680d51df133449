"""Streams of rate conversion: cutting, counts, bad input, threads, instruction sets."""

import os
import subprocess
import sys
import threading
from math import ceil

import numpy as np
import pytest

from electron_local.audio import Resampler, resample
from electron_local.errors import InvalidArgumentError
from resampling_signals import QUALITIES, RATES, noise, stream


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


def test_non_finite_input_spoils_the_same_outputs_in_pieces():
    samples = noise(3000)
    samples[[1000, 2000]] = np.nan, np.inf
    expected = Resampler(44100, 16000).process(samples)
    resampler = Resampler(44100, 16000)
    got = np.concatenate([resampler.process(piece) for piece in np.split(samples, range(1, 3000))])
    np.testing.assert_array_equal(got, expected)
    spoilt = np.flatnonzero(~np.isfinite(expected))
    assert 100 < len(spoilt) < 140


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
    for isa in ("", "baseline", "avx2", "avx512", "neon"):  # "": as chosen for this processor
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
        assert digests["avx512"] == digests["avx2"] == digests[""]
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
