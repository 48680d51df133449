"""The beginning of a session as the wire orders it, its updates, its idle end."""

from __future__ import annotations

import math

import pytest
from conversation_rig import TOOL, Rig

from electron_local.errors import InvalidArgumentError
from electron_local.voice import SessionConfig
from electron_local.voice.client_events import (
    BadFrame,
    ConfigureSession,
    CreateFunctionCallOutput,
    CreateResponse,
    CreateUserText,
    UpdateSession,
)
from electron_local.voice.events import (
    AudioDelta,
    ErrorOccurred,
    ResponseDone,
    SessionConfigured,
    SessionUpdated,
    SpeechStarted,
)
from electron_local.voice.items import ErrorInfo
from electron_local.voice.responder import Responder


def waiting(*replies, heard=(), **config) -> Rig:
    rig = Rig(*replies, heard=list(heard), waits_for_configure=True, **{"hosted_model": "hydra-v1.1", **config})
    rig.wait(20)
    return rig


def test_nothing_is_heard_before_the_session_is_configured():
    rig = waiting(["Hello."], heard=["hi there"])
    rig.say(600)
    rig.quiet(1500)
    assert rig.wire() == ["session.created"]
    rig.session.send(ConfigureSession("Be kind.", "maya", (TOOL,)))
    rig.session.send(ConfigureSession("Be rude."))
    rig.wait(20)
    assert rig.wire() == ["session.created", "session.configured"]
    assert rig.of(SessionConfigured)[0].session == {
        "instructions": "Be kind.", "voice": "maya", "tools": [TOOL], "generate_initial_response": False
    }  # fmt: skip
    rig.say(600)
    rig.quiet(2000)
    assert rig.last_messages()[0] == ("system", "Be kind.")
    assert rig.of(SpeechStarted)[0].audio_start_ms == 0
    assert rig.synthesizer.calls[0]["voice"] == "wren"
    assert rig.of(ResponseDone)[0].response.status == "completed"


@pytest.mark.parametrize(
    ("model", "voice"), [("hydra", "wren"), ("hydra-v1.1", "sterling"), ("hydra-v1.0", "sterling")]
)
def test_a_voice_that_is_left_out_is_echoed_as_the_hosted_models_do(model, voice):
    rig = waiting(hosted_model=model)
    rig.session.send(ConfigureSession())
    rig.wait(20)
    assert rig.of(SessionConfigured)[0].session["voice"] == voice


def test_the_deprecated_name_is_warned_of_before_the_session_is_created():
    rig = waiting(hosted_model="hydra")
    assert rig.wire() == ["warning", "session.created"]
    assert rig.events[0].code == "model_deprecated"


def test_an_unknown_voice_is_an_error_and_the_session_still_waits():
    rig = waiting()
    rig.session.send(ConfigureSession(voice="wren", event_id="e7"))
    rig.wait(20)
    error = rig.of(ErrorOccurred)[0].error
    assert (error.type, error.code) == ("invalid_request_error", "invalid_request_error")
    assert (error.param, error.event_id) == ("session.configure.session.voice", "e7")
    assert "zoe" in error.message
    rig.session.send(ConfigureSession(voice="kai"))
    rig.wait(20)
    assert rig.of(SessionConfigured)[0].session["voice"] == "kai"


def test_the_bot_speaks_first_when_configured_so():
    rig = waiting(["Welcome!"])
    rig.session.send(ConfigureSession(generate_initial_response=True))
    rig.quiet(1500)
    assert rig.of(ResponseDone)[0].response.status == "completed"


@pytest.mark.parametrize("event", [CreateResponse(event_id="e"), UpdateSession((TOOL,), event_id="e")])
def test_events_before_the_configuration_are_errors(event):
    rig = waiting()
    rig.session.send(event)
    rig.wait(20)
    assert [(e.error.code, e.error.event_id) for e in rig.of(ErrorOccurred)] == [("invalid_request_error", "e")]


def test_a_bad_frame_is_answered_in_its_place():
    rig = Rig()
    rig.session.send(BadFrame(ErrorInfo("invalid_request_error", "invalid_frame", "no JSON", None, "e1")))
    rig.wait(20)
    assert rig.wire()[-1] == "error"
    assert rig.events[-1].to_wire()["error"] == {
        "type": "invalid_request_error", "code": "invalid_frame", "message": "no JSON", "param": None, "event_id": "e1"
    }  # fmt: skip


def test_an_update_that_changes_nothing_has_no_answer():
    rig = Rig(schemas=(TOOL,))
    rig.session.send(UpdateSession())
    rig.session.send(UpdateSession((TOOL,)))
    rig.wait(20)
    assert rig.of(SessionUpdated) == []
    rig.session.send(UpdateSession(()))
    rig.wait(20)
    assert rig.of(SessionUpdated)[0].session == {"tools": []}
    assert rig.chat.prefilled[-1]["tools"] is None


def test_tools_that_no_request_may_have_are_refused_and_change_nothing():
    rig = Rig(schemas=(TOOL,))
    rig.session.send(UpdateSession(({**TOOL, "name": "a b"},), event_id="e1"))
    rig.wait(20)
    error = rig.of(ErrorOccurred)[0].error
    assert (error.code, error.param, error.event_id) == ("invalid_request_error", "session.update.session.tools", "e1")
    assert "tools[0].name is 'a b'" in error.message
    assert rig.of(SessionUpdated) == [] and len(rig.chat.prefilled) == 1
    rig = waiting(["Hello."])
    rig.session.send(ConfigureSession(tools=(TOOL, TOOL)))
    rig.session.send(ConfigureSession(instructions="\ud800"))
    rig.session.send(ConfigureSession("Be kind."))
    rig.wait(20)
    params = [event.error.param for event in rig.of(ErrorOccurred)]
    assert params == [f"session.configure.session.{name}" for name in ("tools", "instructions")]
    assert rig.of(SessionConfigured)[0].session["instructions"] == "Be kind."


@pytest.mark.parametrize("event", [CreateUserText, lambda text: CreateFunctionCallOutput("call_1", text)])
def test_text_that_is_no_unicode_is_refused_before_it_is_sent(event):
    with pytest.raises(InvalidArgumentError, match="holds a lone surrogate at character 1"):
        event("a\ud800")


def test_an_output_for_an_unknown_call_names_the_event():
    rig = Rig()
    rig.session.send(CreateFunctionCallOutput("call_x", "{}", event_id="e2"))
    rig.wait(20)
    error = rig.of(ErrorOccurred)[0].error
    assert (error.code, error.param, error.event_id) == ("invalid_request_error", "item.call_id", "e2")


def test_a_fault_of_ours_names_the_event_and_the_session_lives(monkeypatch):
    rig = Rig(["Hello."])
    monkeypatch.setattr(Responder, "respond_when_free", lambda self: 1 / 0)
    rig.session.send(CreateResponse(event_id="e3"))
    rig.wait(20)
    error = rig.of(ErrorOccurred)[0].error
    assert (error.type, error.code, error.event_id) == ("api_error", "internal_error", "e3")
    assert not rig.session.is_closed


def test_a_session_without_frames_ends():
    rig = Rig(idle_timeout_s=30)
    rig.quiet(1000)
    rig.wait(29_000)
    assert not rig.session.is_closed
    rig.wait(2_000)
    assert rig.session.is_closed
    assert rig.session.end_reason == "idle_timeout"
    assert rig.session.next_event() is None
    rig.close()


def test_what_the_bot_says_keeps_a_session_alive():
    rig = Rig([" ".join(f"This is sentence {i}." for i in range(40))], generate_initial_response=True, idle_timeout_s=5)
    rig.wait(38_000)
    assert not rig.session.is_closed
    assert rig.audio_ms() > 35_000
    rig.wait(10_000)
    assert rig.session.end_reason == "idle_timeout"


@pytest.mark.parametrize("encoding", ["g711_ulaw", "g711_alaw"])
def test_audio_goes_out_as_g711_when_asked_for(encoding):
    import base64

    rig = Rig(["Hello."], rate=8000, generate_initial_response=True, output_sample_rate=8000, output_encoding=encoding)
    rig.wait(1500)
    wire = rig.of(AudioDelta)[0].to_wire()
    assert len(base64.b64decode(wire["delta"])) == len(rig.of(AudioDelta)[0].delta.samples)
    assert "encoding" not in wire


@pytest.mark.parametrize(
    "config",
    [
        {"hosted_model": "hydra-v9"}, {"hosted_model": "hydra", "voice": "maya"}, {"idle_timeout_s": 0},
        {"output_encoding": "g711_ulaw"}, {"output_encoding": "mp3"}, {"instructions": "\ud800"},
        {"tools": ({"type": "function", "name": "a b"},)}, {"tools": (TOOL, TOOL)},
        {"temperature": -0.1}, {"temperature": 2.1}, {"temperature": math.nan}, {"max_output_tokens": 0},
        {"mute_timeout_s": math.nan}, {"tool_timeout_s": math.nan}, {"idle_timeout_s": math.nan},
        {"language": ""}, {"language": None}, {"dynamic_context": None}, {"dynamic_context": "\ud800"},
        {"turn": None}, {"history_limit": 10}, {"early": False},
    ],
)  # fmt: skip
def test_settings_out_of_range_raise(config):
    with pytest.raises(InvalidArgumentError):
        SessionConfig(**config)
