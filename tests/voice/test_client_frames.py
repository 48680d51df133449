"""Frames of the wire as events, and every way in which one can be wrong."""

from __future__ import annotations

import base64
import json
import sys

import numpy as np
import pytest

from electron_local.voice.client_events import (
    AppendAudio,
    BadFrame,
    CancelResponse,
    ConfigureSession,
    CreateFunctionCallOutput,
    CreateResponse,
    CreateUserText,
    UpdateSession,
)
from electron_local.voice.client_frames import FrameReader

TOOL = {"type": "function", "name": "stop", "description": "Stop.", "parameters": {"type": "object"}}
INVALID = "invalid_request_error"


def read(**frame):
    return FrameReader().read(json.dumps({"event_id": "e1", **frame}))


def item(**fields):
    return read(type="conversation.item.create", item=fields)


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (read(type="response.create"), CreateResponse(event_id="e1")),
        (read(type="response.cancel"), CancelResponse(event_id="e1")),
        (read(type="response.cancel", response_id="r"), CancelResponse("r", event_id="e1")),
        (read(type="session.update", session={"tools": [TOOL]}), UpdateSession((TOOL,), event_id="e1")),
        (read(type="session.update"), UpdateSession(event_id="e1")),
        (read(type="session.configure"), ConfigureSession(event_id="e1")),
        (
            read(type="session.configure", session={"instructions": "Hi.", "voice": "maya", "colour": "red"}),
            ConfigureSession("Hi.", "maya", event_id="e1"),
        ),
        (
            read(type="session.configure", session={"tools": [TOOL], "generate_initial_response": True}),
            ConfigureSession(tools=(TOOL,), generate_initial_response=True, event_id="e1"),
        ),
        (
            item(type="function_call_output", call_id="c", output="{}"),
            CreateFunctionCallOutput("c", "{}", event_id="e1"),
        ),
        (
            item(type="message", role="user", content=[{"type": "input_text", "text": "hello"}]),
            CreateUserText("hello", event_id="e1"),
        ),
    ],
)
def test_a_frame_becomes_its_event(event, expected):
    assert event == expected


@pytest.mark.parametrize(
    "text",
    [
        *("", "hello", "[1]", "null", "{", "[" * 100_000, '{"type": 1}', '{"type": "nope"}', "{}", "\ufeff{}"),
        *(f'{{"type": "response.create", "n": {n}}}' for n in ("NaN", "-Infinity", "1e999", "9" * 5000)),
        '{"type": "response.create", "event_id": "\\ud800"}',
        '{"type": "response.create", "\\udfff": 1}',
    ],
)
def test_what_is_no_event_is_an_invalid_frame(text):
    event = FrameReader().read(text)
    assert isinstance(event, BadFrame)
    assert event.error.code == "invalid_frame"


@pytest.mark.parametrize(
    ("frame", "code", "param"),
    [
        ({"type": "session.update", "session": {"voice": "maya"}}, "invalid_frame", "session.update.session.voice"),
        ({"type": "session.update", "session": []}, INVALID, "session.update.session"),
        ({"type": "session.configure", "session": {"voice": 3}}, INVALID, "session.configure.session.voice"),
        ({"type": "session.configure", "session": {"tools": {}}}, INVALID, "session.configure.session.tools"),
        ({"type": "session.configure", "session": {"tools": [{}]}}, INVALID, "session.configure.session.tools[0].name"),
        ({"type": "session.configure", "session": {"tools": [3]}}, INVALID, "session.configure.session.tools[0]"),
        ({"type": "session.configure", "session": {"tools": [TOOL] * 65}}, INVALID, "session.configure.session.tools"),
        (
            {"type": "session.configure", "session": {"tools": [TOOL, TOOL]}},
            INVALID,
            "session.configure.session.tools[1].name",
        ),
        (
            {"type": "session.update", "session": {"tools": [{**TOOL, "name": "a b"}]}},
            INVALID,
            "session.update.session.tools[0].name",
        ),
        (
            {"type": "session.update", "session": {"tools": [{**TOOL, "description": 7}]}},
            INVALID,
            "session.update.session.tools[0].description",
        ),
        (
            {"type": "session.update", "session": {"tools": [{**TOOL, "parameters": {"type": "array"}}]}},
            INVALID,
            "session.update.session.tools[0].parameters",
        ),
        ({"type": "response.cancel", "response_id": 3}, INVALID, "response_id"),
        ({"type": "conversation.item.create"}, INVALID, "item"),
        ({"type": "conversation.item.create", "item": {"type": "image"}}, INVALID, "item.type"),
        ({"type": "conversation.item.create", "item": {"type": "message", "role": "system"}}, INVALID, "item.role"),
        ({"type": "conversation.item.create", "item": {"type": "message", "content": []}}, INVALID, "item.content"),
        ({"type": "conversation.item.create", "item": {"type": "message", "content": [3]}}, INVALID, "item.content"),
        (
            {"type": "conversation.item.create", "item": {"type": "function_call_output", "output": ""}},
            INVALID,
            "item.call_id",
        ),
    ],
)
def test_a_wrong_field_is_named_with_the_event_of_the_client(frame, code, param):
    event = read(**frame)
    assert isinstance(event, BadFrame)
    assert (event.error.code, event.error.param, event.error.event_id) == (code, param, "e1")
    assert event.error.type == INVALID


@pytest.mark.parametrize(
    "audio", [None, 3, "***", "aGk", base64.b64encode(bytes(641)).decode(), base64.b64encode(bytes(318)).decode()]
)
def test_bad_audio_is_invalid_audio(audio):
    event = read(type="input_audio_buffer.append", audio=audio)
    assert (event.error.code, event.error.param, event.error.event_id) == ("invalid_audio", "audio", "e1")


def test_pcm16_becomes_float32():
    pcm = np.array([0, 16384, -32768] * 200, "<i2")
    event = read(type="input_audio_buffer.append", audio=base64.b64encode(pcm.tobytes()).decode())
    assert isinstance(event, AppendAudio)
    assert event.audio.dtype == np.float32
    assert event.audio[:3].tolist() == [0.0, 0.5, -1.0]


@pytest.mark.parametrize("encoding", ["g711_ulaw", "g711_alaw"])
def test_g711_is_decoded_and_brought_to_16_khz_without_a_seam(encoding):
    from electron_local.audio.codec import alaw_encode, ulaw_encode

    tone = (np.sin(np.arange(8000) * 2 * np.pi * 400 / 8000) * 12000).astype(np.int16)
    codes = (ulaw_encode if encoding == "g711_ulaw" else alaw_encode)(tone)
    reader, heard = FrameReader(encoding), []
    for start in range(0, len(codes), 160):
        payload = base64.b64encode(codes[start : start + 160].tobytes()).decode()
        heard.append(reader.read(json.dumps({"type": "input_audio_buffer.append", "audio": payload})).audio)
    samples = np.concatenate(heard)
    assert abs(len(samples) - 16000) < 400
    assert np.argmax(np.abs(np.fft.rfft(samples[2000:14000] * np.hanning(12000)))) == pytest.approx(300, abs=1)
    assert np.abs(np.diff(samples[1000:15000])).max() < 0.08
    short = reader.read(
        json.dumps({"type": "input_audio_buffer.append", "audio": base64.b64encode(b"0" * 79).decode()})
    )
    assert short.error.code == "invalid_audio"


def test_no_depth_of_nesting_and_no_escape_raise():
    for depth in range(sys.getrecursionlimit()):
        event = FrameReader().read('{"type": "\\u0041", "b": ' + "[" * depth + "1" + "]" * depth + "}")
        assert isinstance(event, BadFrame) and event.error.code == "invalid_frame"
