"""Frames that are wrong, early or late, over a real socket: an error that names the frame, and the session goes on."""

from __future__ import annotations

import base64
import contextlib
import json

import numpy as np
import pytest
from hydra_rig import Hydra, Script, handshaken, serving

from electron_local.audio.codec import alaw_encode, ulaw_decode, ulaw_encode
from electron_local.voice.client_frames import FrameReader

APPEND = "input_audio_buffer.append"
INVALID_FRAMES = {
    "not JSON": "{",
    "not an object": "[1]",
    "no type": "{}",
    "a type that is no name": '{"type": 7}',
    "an unknown type": '{"type": "session.destroy"}',
    "deep nesting": "[" * 100_000,
    "a surrogate": '{"type": "\\ud800"}',
    "2 MiB": '{"type": "response.cancel", "padding": "' + "x" * 2**21 + '"}',
}


@pytest.fixture(scope="module")
def address():
    with serving(Script(["Fine."], heard=["hello"] * 3), max_sessions=100) as (url, _):
        yield url


@pytest.fixture
def hydra(address):
    with Hydra(address) as hydra:
        hydra.configure()
        yield hydra


def still_answers(hydra):
    start = len(hydra.events)
    hydra.say(600)
    hydra.quiet(1200)
    assert hydra.until("response.done")["response"]["status"] == "completed"
    assert not [event for event in hydra.events[start:] if event["type"] == "error"]


@pytest.mark.parametrize("frame", INVALID_FRAMES.values(), ids=INVALID_FRAMES.keys())
def test_frames_that_are_no_events(hydra, frame):
    hydra.socket.send(frame)
    error = hydra.error()
    assert (error["type"], error["code"], error["event_id"]) == ("invalid_request_error", "invalid_frame", None)
    still_answers(hydra)


def test_binary_frames(hydra):
    hydra.socket.send(b"\x00" * 640)
    assert hydra.error()["code"] == "invalid_frame"
    still_answers(hydra)


def test_a_frame_of_ten_megabytes(hydra):
    hydra.append(bytes(10 * 2**20))
    error = hydra.error()
    assert error["code"] == "invalid_frame" and "at most 1048576" in error["message"]
    still_answers(hydra)


def test_a_frame_that_is_too_long_for_the_socket_closes_it(address):
    with contextlib.closing(handshaken(address)) as connection:
        connection.sendall(b"\x81\xff" + (16 * 2**20 + 1).to_bytes(8, "big") + bytes(4))  # its head alone
        closing = connection.recv(4)
    assert closing[0] == 0x88 and int.from_bytes(closing[2:], "big") == 1009


@pytest.mark.parametrize(
    "audio",
    ["*" * 900, "AAA", base64.b64encode(bytes(641)).decode(), base64.b64encode(bytes(318)).decode(), "", 7, None, []],
)
def test_audio_that_is_wrong(hydra, audio):
    event_id = hydra.send(APPEND, audio=audio)
    error = hydra.error()
    assert (error["type"], error["code"], error["event_id"]) == ("invalid_request_error", "invalid_audio", event_id)
    still_answers(hydra)


def test_an_append_without_audio(hydra):
    event_id = hydra.send(APPEND)
    assert hydra.error()["event_id"] == event_id


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("conversation.item.create", {}),
        ("conversation.item.create", {"item": "x"}),
        ("conversation.item.create", {"item": {"type": "picture"}}),
        ("conversation.item.create", {"item": {"type": "function_call_output", "output": "x"}}),
        ("conversation.item.create", {"item": {"type": "function_call_output", "call_id": "call_1", "output": 7}}),
        ("conversation.item.create", {"item": {"type": "function_call_output", "call_id": "call_1", "output": "x"}}),
        ("response.cancel", {"response_id": 7}),
        ("session.update", {"session": 7}),
        ("session.update", {"session": {"tools": "all"}}),
        ("session.update", {"session": {"tools": [{"type": "function"}]}}),
    ],
)
def test_events_that_break_a_rule(hydra, kind, fields):
    event_id = hydra.send(kind, **fields)
    error = hydra.error()
    assert (error["type"], error["code"]) == ("invalid_request_error", "invalid_request_error")
    assert error["event_id"] == event_id and error["param"]
    still_answers(hydra)


def test_audio_before_the_session_is_configured_is_dropped(address):
    with Hydra(address) as hydra:
        hydra.say(600)
        hydra.quiet(1200)
        hydra.send(APPEND, audio="no audio at all")
        event_id = hydra.send("response.create")
        assert hydra.error()["event_id"] == event_id
        hydra.configure()
        assert hydra.types() == ["session.created", "error", "session.configured"]
        still_answers(hydra)


@pytest.mark.parametrize("session", [{"instructions": "Be rude.", "voice": "nobody"}, {"voice": 7}, {"tools": [1]}, 7])
def test_a_second_configure_is_ignored(hydra, session):
    hydra.send("session.configure", session=session)
    still_answers(hydra)
    assert len(hydra.of("session.configured")) == 1


def test_an_unknown_voice_is_an_error_and_the_session_still_waits(address):
    with Hydra(address) as hydra:
        event_id = hydra.send("session.configure", session={"voice": "wren"})  # of the model `hydra`
        error = hydra.error()
        assert (error["code"], error["param"]) == ("invalid_request_error", "session.configure.session.voice")
        assert error["event_id"] == event_id
        hydra.configure(voice="kai")
        still_answers(hydra)


@pytest.mark.parametrize("fields", [{"instructions": 7}, {"tools": {}}, {"generate_initial_response": "yes"}])
def test_settings_of_the_wrong_type(address, fields):
    with Hydra(address) as hydra:
        hydra.send("session.configure", session=fields)
        error = hydra.error()
        assert error["code"] == "invalid_request_error"
        assert error["param"] == f"session.configure.session.{next(iter(fields))}"
        hydra.configure()


def test_audio_at_the_wrong_rate_is_heard_for_longer_and_breaks_nothing(address):
    with Hydra(address, rate=48000) as hydra:
        hydra.configure()
        hydra.say(600)
        hydra.quiet(600)
        assert hydra.until("response.done")["response"]["status"] == "completed"
        (stopped,) = hydra.of("input_audio_buffer.speech_stopped")
        assert stopped["audio_end_ms"] > 1500


@pytest.mark.parametrize("law", ["ulaw", "alaw"])
def test_g711_both_ways(address, law):
    encode = ulaw_encode if law == "ulaw" else alaw_encode
    formats = {"input_audio_format": f"g711_{law}", "output_audio_format": f"g711_{law}"}
    with Hydra(address, rate=8000, **formats) as hydra:
        hydra.configure()
        event_id = hydra.append(bytes(79))
        error = hydra.error()
        assert (error["code"], error["event_id"]) == ("invalid_audio", event_id)
        for level, n_samples in ((16384, 8000 * 600 // 1000), (0, 8000 * 1200 // 1000)):
            hydra.push(encode(np.full(n_samples, level, np.int16)).tobytes(), 1)
        assert hydra.until("response.done")["response"]["status"] == "completed"
        assert len(hydra.audio()) == pytest.approx(len("Fine.") * 50 * 8, abs=80)
        if law == "ulaw":
            assert np.median(ulaw_decode(hydra.audio())) == pytest.approx(8192, rel=0.05)


def test_frames_in_parts_are_read_whole(hydra):
    text = json.dumps({"type": "session.update", "event_id": "mine", "session": {"voice": "x"}})
    hydra.socket.send([text[:10], text[10:11], text[11:]])
    assert hydra.error()["event_id"] == "mine"


def test_a_fault_of_ours_closes_the_socket_and_says_so(hydra, monkeypatch):
    monkeypatch.setattr(FrameReader, "read", lambda self, text: 1 / 0)
    hydra.send("response.create")
    assert hydra.rest() == 1011
