"""What requests for speech and transcripts may say, and the bytes that come of them."""

from __future__ import annotations

import io
import wave

import numpy as np
import pytest

from electron_local.audio.codec import ulaw_decode
from electron_local.audio.frame import AudioFrame
from electron_local.audio_api.encoding import open_encoder, wav_header
from electron_local.audio_api.forms import parse_form
from electron_local.audio_api.recording import read_file, read_samples
from electron_local.audio_api.recording_source import recording_bytes
from electron_local.audio_api.results import answer_of
from electron_local.audio_api.speech_request import LIGHTNING, OPENAI, parse_speech
from electron_local.audio_api.transcribing import Segment
from electron_local.audio_api.transcription_request import parse_pulse, parse_transcription
from electron_local.errors import BadRequestError, InvalidArgumentError
from electron_local.speech.base import Word

SAY = {"model": "tts-1", "input": "hello"}


def test_defaults_of_both_families():
    for body, names in ((SAY, OPENAI), ({"text": "hello"}, LIGHTNING)):
        request = parse_speech({**body, "unknown": 1}, names)
        assert (request.text, request.voice, request.audio_format, request.sample_rate) == ("hello", None, "pcm", 44100)
        assert (request.speed, request.language, request.as_events) == (1.0, "en", False)


@pytest.mark.parametrize(
    ("fields", "path", "code"),
    [
        ({"input": None}, "input", "missing"),
        ({"input": " \n"}, "input", "too_small"),
        ({"input": "a" * 10_001}, "input", "too_big"),
        ({"input": 5}, "input", "invalid_type"),
        ({"input": "\ud800"}, "input", "invalid_value"),
        ({"model": None}, "model", "missing"),
        ({"voice": {"id": "mine"}}, "voice", "invalid_type"),
        *(({"response_format": each}, "response_format", "invalid_value") for each in ("opus", "aac", "flac", "mulaw")),
        ({"sample_rate": 48000}, "sample_rate", "too_big"),
        ({"sample_rate": 11025}, "sample_rate", "invalid_value"),
        ({"sample_rate": "8000"}, "sample_rate", "invalid_type"),
        ({"speed": 0.4}, "speed", "too_small"),
        ({"speed": 2.1}, "speed", "too_big"),
        ({"stream_format": "websocket"}, "stream_format", "invalid_value"),
    ],
)
def test_bad_speech(fields, path, code):
    with pytest.raises(BadRequestError) as caught:
        parse_speech({**SAY, **fields}, OPENAI)
    assert [(detail["path"], detail["code"]) for detail in caught.value.details] == [([path], code)]


def test_every_broken_rule_is_told():
    with pytest.raises(BadRequestError) as caught:
        parse_speech({"speed": 9, "output_format": "mulaw", "sample_rate": 1}, LIGHTNING)
    assert {detail["path"][0] for detail in caught.value.details} == {"text", "speed", "output_format", "sample_rate"}
    with pytest.raises(BadRequestError, match="must be a JSON object, not an array"):
        parse_speech([], OPENAI)


def test_transcription_and_pulse_fields():
    request = parse_transcription({"model": "whisper-1", "timestamp_granularities": ["word"], "stream": "true"})
    assert request.has_words and request.as_events
    pulse = parse_pulse({"encoding": "mulaw", "sample_rate": "8000", "word_timestamps": "true"})
    assert (pulse.encoding, pulse.sample_rate, pulse.has_words) == ("mulaw", 8000, True)
    for form, path in (
        ({}, "model"),
        ({"model": "m", "response_format": "xml"}, "response_format"),
        ({"model": "m", "timestamp_granularities": ["letter"]}, "timestamp_granularities"),
        ({"model": "m", "timestamp_granularities": 5}, "timestamp_granularities"),
        ({"model": "m", "stream": "maybe"}, "stream"),
        ({"model": "m", "stream": True, "response_format": "srt"}, "stream"),
    ):
        with pytest.raises(BadRequestError) as caught:
            parse_transcription(form)
        assert caught.value.param == path
    for query in ({"encoding": "opus"}, {"sample_rate": "7999"}, {"sample_rate": "²"}, {"word_timestamps": "si"}):
        with pytest.raises(BadRequestError) as caught:
            parse_pulse(query)
        assert caught.value.param == next(iter(query))


@pytest.mark.parametrize("audio_format", ["pcm", "mp3", "wav", "ulaw", "alaw"])
def test_encoders_give_the_same_in_any_pieces(audio_format):
    if audio_format == "mp3":
        pytest.importorskip("lameenc")
    samples = (0.4 * np.sin(np.arange(24000) * 0.1)).astype(np.float32)

    def encoded(cuts):
        encoder = open_encoder(audio_format, 24000)
        return b"".join(encoder.encode(part) for part in np.split(samples, cuts)) + encoder.finish()

    whole = encoded([])
    assert encoded([0, 1, 1, 4000, 4001, 23999]) == whole
    if audio_format == "mp3":
        assert whole[:2] == b"\xff\xf3" and 7000 < len(whole) < 10_000  # MPEG-2 layer III, 64 kbit/s for a second
    elif audio_format == "ulaw":
        np.testing.assert_allclose(ulaw_decode(whole) / 32768, samples, atol=0.02)


def test_a_wav_can_be_read_back():
    samples = (0.4 * np.sin(np.arange(16000) * 0.1)).astype(np.float32)
    data = recording_bytes(AudioFrame(samples, 16000))
    with wave.open(io.BytesIO(data)) as file:
        assert (file.getframerate(), file.getnframes(), file.getnchannels()) == (16000, 16000, 1)
    np.testing.assert_allclose(read_file(data, 16000), samples, atol=1e-4)
    assert len(read_file(data, 8000)) == 8000
    assert (
        recording_bytes(io.BytesIO(data))
        == recording_bytes(("a.wav", data))
        == recording_bytes(bytearray(data))
        == data
    )
    with pytest.raises(InvalidArgumentError, match="got int"):
        recording_bytes(5)


@pytest.mark.parametrize("data", [b"", b"\0\1", b"RIFF0000WAVE", b"nonsense" * 100, wav_header(2**31, 16000)])
def test_what_is_no_recording(data):
    with pytest.raises(BadRequestError) as caught:
        read_file(data, 16000)
    assert caught.value.code == "invalid_audio" and " at 0x" not in str(caught.value)


def test_raw_samples():
    assert len(read_samples(bytes(1600), "linear16", 8000, 16000)) == 1600
    assert len(read_samples(b"\xff" * 800, "mulaw", 8000, 16000)) == 1600
    for data, rate in ((bytes(1601), 16000), (bytes(100), 16000)):
        with pytest.raises(BadRequestError):
            read_samples(data, "linear16", rate, 16000)


def test_subtitles_and_words():
    segments = [Segment("hello there", 0.0, 1.25, (Word("hello", 0.1, 0.5),)), Segment("good bye", 61.5, 62.0)]
    form = {"model": "m", "response_format": "srt"}
    assert answer_of(parse_transcription(form), segments, 62).split("\n\n")[1] == (
        "2\n00:01:01,500 --> 00:01:02,000\ngood bye\n"
    )
    vtt = answer_of(parse_transcription({**form, "response_format": "vtt"}), segments, 62)
    assert vtt.startswith("WEBVTT\n\n00:00:00.000 --> 00:00:01.250\nhello there\n\n")
    wanted = {**form, "response_format": "verbose_json", "timestamp_granularities": "word"}
    verbose = answer_of(parse_transcription(wanted), segments, 62)
    assert verbose.text == "hello there good bye" and verbose.words[0].word == "hello" and len(verbose.segments) == 2


def form_of(*parts, boundary="xyz"):
    lines = b""
    for name, value, filename in parts:
        tail = f'; filename="{filename}"' if filename else ""
        lines += (
            f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"{tail}\r\n\r\n'.encode() + value + b"\r\n"
        )
    return f"multipart/form-data; boundary={boundary}", lines + f"--{boundary}--\r\n".encode()


def test_forms():
    pytest.importorskip("python_multipart")
    kind, body = form_of(("model", b"m", None), ("g[]", b"a", None), ("g[]", b"b", None), ("file", b"\0\r\n", "a.wav"))
    assert parse_form(kind, body) == ({"model": "m", "g": ["a", "b"]}, {"file": b"\0\r\n"})
    for bad_kind, bad_body in (
        ("application/json", b"{}"),
        ("", b""),
        ("multipart/form-data", body),
        (kind, b"nonsense"),
        form_of(("a", b"1", None), ("a", b"2", None)),
        form_of(*(("a[]", b"1", None),) * 40),
        form_of(("a", b"\xff", None)),
        form_of(("a", b"x" * 70_000, None)),
    ):
        with pytest.raises(BadRequestError) as caught:
            parse_form(bad_kind, bad_body)
        assert caught.value.code == "invalid_form"
