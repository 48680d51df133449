"""What holds for any input: rate conversion, codecs, the segmenter, WAV files."""

from __future__ import annotations

import tempfile
from math import ceil
from pathlib import Path

import numpy as np
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from electron_local import _core
from electron_local.audio import (
    AudioFrame,
    Resampler,
    alaw_decode,
    alaw_encode,
    float32_to_int16,
    int16_to_float32,
    read_wav,
    resample,
    ulaw_decode,
    ulaw_encode,
    write_wav,
)

RATES = st.one_of(st.sampled_from([8000, 11025, 16000, 22050, 24000, 44100, 48000]), st.integers(4000, 192000))
QUALITIES = st.sampled_from(["fast", "voice", "hq", "vhq"])
INT16 = arrays(np.int16, array_shapes(max_dims=2, max_side=300))
SOUND = arrays(np.float32, st.integers(0, 1500), elements=st.floats(-1, 1, width=32))


@settings(max_examples=60)
@given(RATES, RATES, QUALITIES, SOUND, st.lists(st.integers(0, 700), min_size=1, max_size=8))
@example(44100, 16000, "hq", np.ones(1500, np.float32), [1])
def test_a_stream_is_the_same_however_it_is_cut(from_rate, to_rate, quality, samples, sizes):
    assume(sum(sizes) > 0)
    whole, cut = Resampler(from_rate, to_rate, quality), Resampler(from_rate, to_rate, quality)
    expected = np.concatenate([whole.process(samples), whole.flush()])
    pieces, start, turn = [], 0, 0
    while start < len(samples):
        size = sizes[turn % len(sizes)]
        piece = samples[start : start + size]
        n_promised = cut.output_size(len(piece))
        pieces.append(cut.process(piece))
        assert len(pieces[-1]) == n_promised
        start, turn = start + size, turn + 1
    np.testing.assert_array_equal(np.concatenate([*pieces, cut.flush()]), expected)
    n_expected = ceil(len(samples) * to_rate / from_rate) + (whole.delay if len(samples) else 0)
    assert len(expected) == n_expected


@settings(max_examples=60)
@given(RATES, RATES, QUALITIES, SOUND, st.booleans())
def test_a_recording_keeps_its_length_and_its_level(from_rate, to_rate, quality, samples, exact):
    converted = resample(samples, from_rate, to_rate, quality, exact=exact)
    assert converted.dtype == np.float32
    assert len(converted) == ceil(len(samples) * to_rate / from_rate)
    assert np.isfinite(converted).all()
    assert np.abs(converted).max(initial=0) <= 4 * np.abs(samples).max(initial=0) + 1e-6  # a sinc overshoots


@settings(max_examples=30)
@given(RATES, RATES, SOUND, st.floats(-4, 4, width=32))
def test_rate_conversion_is_linear(from_rate, to_rate, samples, factor):
    one = resample(samples, from_rate, to_rate, "hq")
    scaled = resample((samples * np.float32(factor)).astype(np.float32), from_rate, to_rate, "hq")
    np.testing.assert_allclose(scaled, one * np.float32(factor), atol=2e-5)


@given(INT16)
def test_codes_come_back_to_themselves(samples):
    for encode, decode in ((ulaw_encode, ulaw_decode), (alaw_encode, alaw_decode)):
        decoded = decode(encode(samples))
        assert decoded.shape == samples.shape
        np.testing.assert_array_equal(decode(encode(decoded)), decoded)
        error = np.abs(decoded.astype(np.int32) - samples)
        assert (error <= np.maximum(16, np.abs(samples.astype(np.int32)) // 16 + 4)).all()


@given(INT16)
def test_bytes_are_the_same_as_the_array(samples):
    flat = np.ascontiguousarray(samples).ravel()
    np.testing.assert_array_equal(ulaw_encode(flat.tobytes()), ulaw_encode(flat))
    np.testing.assert_array_equal(alaw_encode(memoryview(flat.tobytes())), alaw_encode(flat))


@given(INT16)
def test_int16_through_float_is_itself(samples):
    np.testing.assert_array_equal(float32_to_int16(int16_to_float32(samples)), samples)


@given(arrays(np.float32, st.integers(0, 200), elements=st.floats(width=32)))
def test_any_float_becomes_an_int16(samples):
    converted = float32_to_int16(samples).astype(np.float64)
    finite = np.isfinite(samples)
    expected = np.clip(np.rint(samples[finite].astype(np.float64) * 32768), -32768, 32767)
    np.testing.assert_array_equal(converted[finite], expected)
    assert (converted[np.isnan(samples)] == 0).all()


@given(
    st.lists(st.floats(0, 1, width=32), max_size=200),
    st.integers(1, 512),
    st.integers(0, 200),
    st.integers(0, 400),
    st.integers(0, 100),
)
def test_segments_are_in_order_and_within_the_stream(probabilities, n_last, min_speech_ms, min_silence_ms, padding_ms):
    options = _core.SegmenterOptions(
        min_speech_ms=min_speech_ms, min_silence_ms=min_silence_ms, padding_ms=padding_ms, max_speech_s=2.0
    )
    segmenter = _core.Segmenter(options)
    events = []
    for number, probability in enumerate(probabilities):
        events += segmenter.push(probability, n_last if number == len(probabilities) - 1 else 512)
        assert segmenter.speaking == (len(events) % 2 == 1)
    events += segmenter.flush()
    n_samples = 512 * max(0, len(probabilities) - 1) + (n_last if probabilities else 0)
    assert [is_start for is_start, _ in events] == [True, False] * (len(events) // 2)
    times = [sample for _, sample in events]
    assert times == sorted(times)
    assert all(0 <= time <= n_samples for time in times)
    assert all(stop - start <= 32000 for start, stop in zip(times[::2], times[1::2], strict=True))


@given(arrays(np.int16, st.integers(0, 500)), st.sampled_from([8000, 16000, 44100, 48000]))
def test_a_wav_file_gives_back_what_was_written(samples, sample_rate):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.wav"
        write_wav(path, AudioFrame(samples, sample_rate))
        frame = read_wav(path)
    assert frame.sample_rate == sample_rate
    np.testing.assert_array_equal(float32_to_int16(frame.samples), samples)
