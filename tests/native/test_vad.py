"""Silero VAD: probabilities against the official graph, streams, segments, bad input."""

from __future__ import annotations

import json
import math
import random
import wave
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from electron_local import _core
from electron_local.audio import resampling
from electron_local.errors import InvalidArgumentError, ModelLoadError
from electron_local.vad import Vad, VadEvent, VadOptions, weights_path

HOP = 512
HIGH, MIDDLE, LOW = 0.9, 0.4, 0.1


def read_clip(path):
    with wave.open(str(path)) as clip:
        assert (clip.getframerate(), clip.getnchannels(), clip.getsampwidth()) == (16000, 1, 2), path
        return np.frombuffer(clip.readframes(clip.getnframes()), "<i2").astype(np.float32) / 32768


def run_segmenter(probabilities, *, last_hop=HOP, **options):
    segmenter = _core.Segmenter(_core.SegmenterOptions(**options))
    hops = [HOP] * (len(probabilities) - 1) + [last_hop]
    events = [event for p, n in zip(probabilities, hops, strict=True) for event in segmenter.push(p, n)]
    return events, segmenter.flush()


@pytest.fixture
def speech(shared_data):
    return read_clip(shared_data / "audio" / "jfk_16k.wav")


# Probabilities


def test_probabilities_equal_the_official_graph(shared_data, capsys):
    vad = Vad()
    differences = []
    for name, reference in json.loads((shared_data / "audio" / "silero_probs.json").read_text())["probs"].items():
        probabilities = vad.probabilities(read_clip(shared_data / "audio" / name))
        assert probabilities.dtype == np.float32
        assert len(probabilities) == len(reference), name
        differences.append(np.abs(probabilities - np.array(reference)))
        assert differences[-1].max() <= 0.01, name
    every = np.concatenate(differences)
    with capsys.disabled():
        print(f"\nVAD: {len(every)} hops, largest difference {every.max():.4f}, {np.mean(every <= 0.003):.2%} <= 0.003")
    assert np.mean(every <= 0.003) >= 0.99


def test_speech_and_silence_are_told_apart(shared_data):
    vad = Vad()
    assert vad.probabilities(read_clip(shared_data / "audio" / "pysilero_speech.wav")).max() >= 0.5
    assert vad.probabilities(read_clip(shared_data / "audio" / "pysilero_silence.wav")).max() < 0.5
    assert vad.probabilities(np.zeros(16000, np.float32)).max() < 0.05


@pytest.mark.parametrize("n_samples", [0, 1, 2, 99, 511, 512, 513, 1024, 1025])
def test_one_probability_per_512_samples(n_samples):
    probabilities = Vad().probabilities(np.zeros(n_samples, np.float32))
    assert len(probabilities) == math.ceil(n_samples / HOP)


def test_last_hop_is_filled_with_zeros(speech):
    vad = Vad()
    filled = np.zeros(40 * HOP, np.float32)
    filled[: 39 * HOP + 7] = speech[: 39 * HOP + 7]
    assert np.array_equal(vad.probabilities(speech[: 39 * HOP + 7]), vad.probabilities(filled))


def test_streams_on_threads_do_not_disturb_each_other(speech):
    vads = [Vad() for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda vad: vad.probabilities(speech), vads))
    assert all(np.array_equal(result, results[0]) for result in results)


# Streams


@pytest.mark.parametrize("pieces", [1, 7, 160, 320, 511, 512, 513, 5000])
def test_any_chunking_gives_the_same_events_and_probability(speech, pieces):
    speech = speech[: 6 * 16000]
    whole, pieced = Vad(), Vad()
    events = whole.push(speech)
    same = [event for start in range(0, len(speech), pieces) for event in pieced.push(speech[start : start + pieces])]
    assert events
    assert same == events
    assert pieced.last_probability == whole.last_probability
    assert pieced.speaking == whole.speaking
    assert pieced.flush() == whole.flush()


def test_stream_probability_equals_one_shot_bit_for_bit(speech):
    vad = Vad()
    stream = []
    for start in range(0, len(speech) - HOP + 1, HOP):
        vad.push(speech[start : start + HOP])
        stream.append(vad.last_probability)
    assert np.array_equal(np.array(stream, np.float32), vad.probabilities(speech)[: len(stream)])


def test_events_and_segments_agree(speech):
    vad = Vad()
    events = vad.push(speech) + vad.flush()
    assert [event.kind for event in events] == ["speech_started", "speech_stopped"] * (len(events) // 2)
    assert [(a.sample, b.sample) for a, b in zip(events[::2], events[1::2], strict=True)] == vad.segments(speech)


def test_flush_and_reset_start_over(speech):
    vad = Vad()
    first = vad.push(speech) + vad.flush()
    assert vad.push(speech) + vad.flush() == first
    vad.push(speech[:30000])
    vad.reset()
    assert not vad.speaking
    assert vad.push(speech) + vad.flush() == first


def test_segments_do_not_touch_the_stream(speech):
    quiet, busy = Vad(), Vad()
    events = quiet.push(speech[:20000]) + quiet.push(speech[20000:])
    first = busy.push(speech[:20000])
    busy.segments(speech)
    busy.probabilities(speech)
    assert first + busy.push(speech[20000:]) == events


def test_digital_silence_between_speech_changes_nothing_else(speech):
    """Zeros skip the encoder; the smallest noise does not. Both lead to the same probabilities after them."""
    vad = Vad()
    silence = np.zeros(20 * HOP, np.float32)
    noise = np.full(20 * HOP, 1e-12, np.float32)
    after = [vad.probabilities(np.concatenate([speech[: 60 * HOP], gap, speech]))[80:] for gap in (silence, noise)]
    assert np.abs(after[0] - after[1]).max() < 1e-5


def test_segments_lie_near_the_labels(shared_data, capsys):
    lines = []
    for clip in json.loads((shared_data / "audio" / "index.json").read_text()):
        if clip["category"] != "vad_labelled" or not clip["speech_segments_s"]:
            continue
        samples = read_clip(shared_data / "audio" / clip["file"])
        found = Vad().segments(samples)
        spans = [(round(start * 16000), round(stop * 16000)) for start, stop in clip["speech_segments_s"]]
        heard, labelled = (np.zeros(len(samples), bool) for _ in range(2))
        for mask, segments in ((heard, found), (labelled, spans)):
            for start, stop in segments:
                mask[start:stop] = True
        shown = " ".join(f"{start / 16000:.2f}-{stop / 16000:.2f}" for start, stop in found)
        lines.append(f"VAD: {clip['file']}: {np.mean(heard == labelled):.1%} of the time as labelled; {shown}")
    with capsys.disabled():
        print("\n" + "\n".join(lines))
    assert lines


# Other rates


@pytest.mark.parametrize("rate", [8000, 48000])
def test_other_rates_report_input_samples(speech, rate):
    native = Vad().segments(speech)
    vad = Vad(rate)
    converted = resampling.resample(speech, 16000, rate)
    segments = vad.segments(converted)
    assert len(segments) == len(native)
    for segment, expected in zip(segments, native, strict=True):
        assert np.abs(np.array(segment) / rate - np.array(expected) / 16000).max() <= 0.1
        assert segment[1] <= len(converted)
    events = [event for start in range(0, len(converted), 777) for event in vad.push(converted[start : start + 777])]
    events += vad.flush()
    assert [event.sample for event in events] == [sample for segment in segments for sample in segment]
    assert {event.sample_rate for event in events} == {rate}


# Segmenter


def test_start_and_stop_at_the_hops_that_crossed_the_thresholds():
    script = [LOW] * 10 + [HIGH] * 20 + [LOW] * 20
    events, rest = run_segmenter(script, min_speech_ms=96, min_silence_ms=200, padding_ms=0)
    assert events == [(True, 10 * HOP), (False, 30 * HOP)]
    assert rest == []


def test_start_is_reported_after_min_speech_and_stop_after_min_silence():
    segmenter = _core.Segmenter(_core.SegmenterOptions(min_speech_ms=96, min_silence_ms=96, padding_ms=0))
    assert [len(segmenter.push(HIGH)) for _ in range(4)] == [0, 0, 1, 0]
    assert segmenter.speaking
    assert [len(segmenter.push(LOW)) for _ in range(4)] == [0, 0, 1, 0]
    assert not segmenter.speaking


def test_short_blips_are_dropped():
    events, rest = run_segmenter([LOW] * 5 + [HIGH] * 2 + [LOW] * 30, min_speech_ms=96, min_silence_ms=200)
    assert events + rest == []


def test_a_probability_between_the_thresholds_neither_starts_nor_stops():
    assert run_segmenter([MIDDLE] * 50) == ([], [])
    events, rest = run_segmenter([HIGH] * 5 + [MIDDLE] * 50 + [HIGH], padding_ms=0)
    assert events + rest == [(True, 0), (False, 56 * HOP)]


def test_short_pauses_are_bridged():
    script = [HIGH] * 10 + [LOW] * 3 + [HIGH] * 10 + [LOW] * 20
    events, _ = run_segmenter(script, min_silence_ms=200, padding_ms=0)
    assert events == [(True, 0), (False, 23 * HOP)]


def test_padding_ends_at_the_stream_and_at_the_neighbour():
    script = [HIGH] * 5 + [LOW] * 4 + [HIGH] * 5 + [LOW] * 4
    events, rest = run_segmenter(script, min_speech_ms=0, min_silence_ms=100, padding_ms=100)
    assert events == [(True, 0), (False, 5 * HOP + 1600), (True, 5 * HOP + 1600), (False, 14 * HOP + 1600)]
    assert rest == []


def test_greatest_length_cuts_and_goes_on():
    events, rest = run_segmenter([HIGH] * 100, min_speech_ms=96, padding_ms=0, max_speech_s=1.0)
    every = events + rest
    assert every[:4] == [(True, 0), (False, 16000), (True, 16000), (False, 32000)]
    assert every[-1] == (False, 100 * HOP)


def test_flush_closes_open_speech_at_the_last_sample_or_at_its_pause():
    assert run_segmenter([HIGH] * 10, last_hop=100)[1] == [(False, 9 * HOP + 100)]
    assert run_segmenter([HIGH] * 10 + [LOW] * 2, padding_ms=0)[1] == [(False, 10 * HOP)]
    assert run_segmenter([HIGH] * 2)[1] == []


@pytest.mark.parametrize("seed", range(20))
def test_segments_are_ordered_and_bounded_for_any_probabilities(seed):
    choice = random.Random(seed)
    options = {
        "min_speech_ms": choice.choice([0, 96, 250]),
        "min_silence_ms": choice.choice([0, 100, 300]),
        "padding_ms": choice.choice([0, 30, 400]),
        "max_speech_s": choice.choice([1.0, 2.5, math.inf]),
    }
    script = [choice.choice([HIGH, HIGH, MIDDLE, LOW]) for _ in range(500)]
    events, rest = run_segmenter(script, last_hop=choice.randint(1, HOP), **options)
    every = events + rest
    assert [is_start for is_start, _ in every] == [True, False] * (len(every) // 2)
    samples = [sample for _, sample in every]
    assert samples == sorted(samples)
    assert all(0 < b - a <= options["max_speech_s"] * 16000 for a, b in zip(samples[::2], samples[1::2], strict=True))
    assert all(0 <= sample <= 500 * HOP for sample in samples)


# Bad input


@pytest.mark.parametrize(
    "bad",
    [
        {"start_threshold": 0.0},
        {"start_threshold": 1.1},
        {"start_threshold": math.nan},
        {"end_threshold": 0.6},
        {"end_threshold": 0.0},
        {"min_speech_ms": -1},
        {"min_speech_ms": 60001},
        {"min_silence_ms": -1},
        {"padding_ms": -1},
        {"padding_ms": 10001},
        {"max_speech_s": 0.0},
        {"max_speech_s": math.nan},
        {"max_speech_s": 0.2, "min_speech_ms": 200},
    ],
)
def test_options_out_of_range_raise(bad):
    with pytest.raises(InvalidArgumentError, match=next(iter(bad))):
        Vad(options=VadOptions(**bad))


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        (np.zeros(512, np.int16), "int16"),
        (np.zeros(512, np.float64), "float64"),
        (np.zeros(512, ">f4"), "float32"),
        (np.zeros((512, 1), np.float32), "dimension"),
        (np.float32(0.5), "float32"),
        ([0.0] * 512, "list"),
        (None, "NoneType"),
        (np.array([0, math.nan], np.float32), r"finite.*index 1"),
        (np.array([0, math.inf], np.float32), "finite"),
        (np.array([0, -1000], np.float32), "32768"),
    ],
)
def test_bad_samples_raise_and_take_nothing(samples, message):
    vad = Vad()
    for call in (vad.push, vad.probabilities, vad.segments):
        with pytest.raises(InvalidArgumentError, match=message):
            call(samples)
    assert vad.push(np.zeros(0, np.float32)) == []
    assert vad.flush() == []


def test_strided_and_read_only_arrays_are_read_rightly(speech):
    vad = Vad()
    doubled = np.repeat(speech[: 50 * HOP], 2)
    doubled.flags.writeable = False
    assert np.array_equal(vad.probabilities(doubled[::2]), vad.probabilities(speech[: 50 * HOP]))


@pytest.mark.parametrize("rate", [0, -16000, 1000, 10**9])
def test_rates_out_of_range_raise(rate):
    with pytest.raises(InvalidArgumentError):
        Vad(rate)


@pytest.fixture(scope="module")
def weights():
    return weights_path().read_bytes()


def load(tmp_path, content):
    path = tmp_path / "weights.bin"
    path.write_bytes(content)
    return _core.Silero(str(path))


def test_whole_weights_load(tmp_path, weights):
    load(tmp_path, weights)


@pytest.mark.parametrize("n_bytes", [0, 1, 3, 4, 8, 17, 30, 40, 80, 104, 120, 150, 200, 99287, 99288, 752941, 885097])
def test_truncated_weights_raise(tmp_path, weights, n_bytes):
    with pytest.raises(ModelLoadError, match=r"weights\.bin"):
        load(tmp_path, weights[:n_bytes])


@pytest.mark.parametrize("seed", range(10))
def test_random_bytes_raise(tmp_path, weights, seed):
    noise = random.Random(seed).randbytes(5000)
    for content in (noise, weights[:4] + noise, weights[:104] + noise, weights + noise):
        with pytest.raises(ModelLoadError):
            load(tmp_path, content)


@pytest.mark.parametrize("value", [-1, 0x7FFFFFFF, -0x80000000])
def test_damaged_header_numbers_raise(tmp_path, weights, value):
    for offset in range(0, 128, 4):
        number = (value & 0xFFFFFFFF).to_bytes(4, "little")
        with pytest.raises(ModelLoadError):
            load(tmp_path, weights[:offset] + number + weights[offset + 4 :])


def test_values_that_are_not_finite_raise(tmp_path, weights):
    with pytest.raises(ModelLoadError, match="not finite"):
        load(tmp_path, weights[:166] + b"\x00\x7c" + weights[168:])


def test_another_basis_raises(tmp_path, weights):
    with pytest.raises(ModelLoadError, match="STFT basis"):
        load(tmp_path, weights[:-2] + b"\x00\x3c")


def test_missing_file_and_folder_raise(tmp_path):
    with pytest.raises(ModelLoadError, match="no such file"):
        _core.Silero(str(tmp_path / "missing.bin"))
    with pytest.raises(ModelLoadError, match="not a regular file"):
        _core.Silero(str(tmp_path))


def test_event_time_in_milliseconds():
    assert VadEvent("speech_stopped", 4000, 8000).ms == 500.0
