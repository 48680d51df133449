"""Recordings whose first bytes or header mislead: samples that begin as MP3 frames do, FLAC of no or any length."""

from __future__ import annotations

import io
import resource

import numpy as np
import pytest
from audio_fakes import CountingRecognizer, ToneSynthesizer

from electron_local.audio.resampling import resample
from electron_local.audio_api import recording
from electron_local.audio_api.path import AudioPath
from electron_local.audio_api.recording import UnreadableFileError, read_file, to_rate
from electron_local.audio_api.transcription_request import parse_pulse
from electron_local.errors import BadRequestError
from electron_local.speech.engines import SpeechEngines

soundfile = pytest.importorskip("soundfile")

MP3_FRAMES = [b"\xff\xfb", b"\xff\xf3", b"\xff\xf2"]
NOISE = np.random.default_rng(0).normal(0, 0.05, 16000).astype(np.float32)


def written(samples, rate=16000, **form):
    file = io.BytesIO()
    soundfile.write(file, samples, rate, **form)
    return file.getvalue()


def flac(samples, rate, *, told_rate=None, told_frames=None):
    """A FLAC file; STREAMINFO tells the rate in 20 bits from byte 18 on, the frames in the last 36 of these 64."""
    data = written(samples, rate, format="FLAC", subtype="PCM_16")
    told = int.from_bytes(data[18:26], "big")
    rate_and_form, n_frames = told >> 36, told & (2**36 - 1)
    if told_rate is not None:
        rate_and_form = told_rate << 8 | rate_and_form & 0xFF
    n_frames = n_frames if told_frames is None else told_frames
    return data[:18] + (rate_and_form << 36 | n_frames).to_bytes(8, "big") + data[26:]


def seconds_heard(data, **query):
    path = AudioPath(SpeechEngines(CountingRecognizer(), ToneSynthesizer()))
    segments, duration_s = path.transcribe(data, parse_pulse(query))
    list(segments)
    path.close()
    return duration_s


@pytest.mark.parametrize("start", MP3_FRAMES)
def test_samples_that_begin_as_an_mp3_frame(start):
    rest = np.random.default_rng(1).integers(0, 256, 15_998, np.uint8).tobytes()
    assert seconds_heard(start + rest, encoding="mulaw", sample_rate="8000") == 2.0
    assert seconds_heard(start + rest, encoding="linear16", sample_rate="8000") == 1.0
    assert seconds_heard(start + bytes(15_998), sample_rate="8000") == 1.0


def test_an_mp3_needs_no_encoding():
    pytest.importorskip("lameenc")
    data = written(NOISE, format="MP3")
    assert data.startswith(tuple(MP3_FRAMES)) and 0.9 < seconds_heard(data) < 1.2


def test_a_wav_may_have_an_encoding_beside_it():
    data = written(NOISE, format="WAV", subtype="PCM_16")
    assert seconds_heard(data) == seconds_heard(data, encoding="linear16") == 1.0


@pytest.mark.parametrize("rate", [16000, 44100])
@pytest.mark.parametrize("told_frames", [0, 2**36 - 1])
def test_a_flac_that_does_not_tell_its_length(rate, told_frames):
    told = read_file(flac(NOISE, rate), 16000)
    np.testing.assert_array_equal(read_file(flac(NOISE, rate, told_frames=told_frames), 16000), told)


@pytest.mark.parametrize("told_frames", [0, 4096, 2**36 - 1])
def test_a_header_that_lies_takes_no_memory(told_frames):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    eight = flac(np.zeros((4096, 8), np.float32), 96000, told_rate=655_350, told_frames=told_frames)
    with pytest.raises(BadRequestError, match="655350 Hz cannot be converted"):
        read_file(eight, 16000)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # KiB


def test_a_recording_without_an_end_is_not_read_to_it(monkeypatch):
    monkeypatch.setattr(recording, "MAX_SECONDS", 1)
    blocks = iter([np.zeros(8000, np.float32)] * 1000)
    with pytest.raises(BadRequestError, match="at most 1 s are taken"):
        to_rate(blocks, 8000, 16000)
    assert len(list(blocks)) == 998
    with pytest.raises(BadRequestError, match="at most 1 s are taken"):
        read_file(flac(np.tile(NOISE, 2), 16000, told_frames=0), 16000)


@pytest.mark.parametrize("rate", [8000, 22050, 16000, 48000])
@pytest.mark.parametrize("n_channels", [1, 2])
def test_blocks_give_what_a_whole_gives(rate, n_channels, monkeypatch):
    monkeypatch.setattr(recording, "_BLOCK_SAMPLES", 999)
    samples = np.stack([NOISE, NOISE[::-1]][:n_channels], axis=1)
    expected = resample(samples.mean(axis=1, dtype=np.float32), rate, 16000, "hq")
    for form in ({"format": "WAV", "subtype": "FLOAT"}, {"format": "AIFF", "subtype": "FLOAT"}):
        np.testing.assert_array_equal(read_file(written(samples, rate, **form), 16000), expected)


def test_what_cannot_be_read_is_told_apart():
    with pytest.raises(UnreadableFileError):
        read_file(b"RIFF0000WAVE", 16000)


@pytest.mark.parametrize("rate", [16000, 44100])
def test_samples_on_another_scale_are_refused(rate):
    loud = written(32768 * NOISE, rate, format="WAV", subtype="FLOAT")
    with pytest.raises(BadRequestError, match=r"samples of up to \d.*, where full scale is 1; at most 4 is taken"):
        read_file(loud, 16000)
    assert len(read_file(written(np.clip(30 * NOISE, -4, 4), rate, format="WAV", subtype="FLOAT"), 16000))
