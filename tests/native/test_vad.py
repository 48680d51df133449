"""Silero VAD: probabilities against the official graph, streams, segments, bad input."""

from __future__ import annotations

import json
import math
import wave
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from electron_local.audio import resampling
from electron_local.errors import InvalidArgumentError
from electron_local.vad import Vad, VadEvent, VadOptions

HOP = 512


def read_clip(path):
    with wave.open(str(path)) as clip:
        assert (clip.getframerate(), clip.getnchannels(), clip.getsampwidth()) == (16000, 1, 2), path
        return np.frombuffer(clip.readframes(clip.getnframes()), "<i2").astype(np.float32) / 32768


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


def test_event_time_in_milliseconds():
    assert VadEvent("speech_stopped", 4000, 8000).ms == 500.0


def test_loud_jumps_that_resampling_exceeds_are_heard():
    square = np.where(np.arange(48000) // 60 % 2, 7.0, -7.0).astype(np.float32)
    vad = Vad(sample_rate=48000)
    vad.push(square)
    vad.flush()
    assert len(vad.probabilities(square)) == 32
