"""Stages that fail or break their contract in a conversation, and what a session refuses, in virtual time."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from conversation_rig import Rig

from electron_local.errors import InvalidArgumentError
from electron_local.speech.base import Transcript
from electron_local.voice import Session
from electron_local.voice.events import ErrorOccurred, ItemDone, ResponseDone, TranscriptUpdated, WarningIssued
from hearing_fakes import FakeRecognition, FakeRecognizer, FakeVad
from virtual_time import VirtualRuntime
from voice_fakes import FakeChat, FakeSynthesizer


def test_a_failing_model_fails_the_response_and_the_session_lives():
    rig = Rig([ValueError("no memory")], ["Hello."], heard=["hi there", "hi again"])
    for _ in range(2):
        rig.say(500)
        rig.quiet(2000)
    failed, fine = (event.response for event in rig.of(ResponseDone))
    assert failed.status == "failed"
    assert failed.status_details == {
        "error": {"type": "api_error", "code": "internal_error", "message": "no memory"}
    }  # fmt: skip
    assert fine.status == "completed"


def test_a_failing_synthesiser_fails_the_response_and_the_session_lives():
    rig = Rig(["Hello."], ["Hello."], heard=["hi there", "hi again"])
    rig.synthesizer.error = RuntimeError("no voice")
    rig.say(500)
    rig.quiet(2000)
    rig.synthesizer.error = None
    rig.say(500)
    rig.quiet(2000)
    assert [event.response.status for event in rig.of(ResponseDone)] == ["failed", "completed"]
    assert rig.last_messages()[1:] == [("user", "hi there"), ("user", "hi again")]


def test_a_failing_recogniser_fails_the_turn_and_the_session_lives():
    rig = Rig(["Hello."], heard=[RuntimeError("no ears"), "hi again"])
    for _ in range(2):
        rig.say(500)
        rig.quiet(2000)
    assert [event.error.message for event in rig.of(ErrorOccurred)] == ["the recogniser failed: no ears"]
    assert [event.item.status for event in rig.of(ItemDone)] == ["incomplete", "completed", "completed"]


def test_a_failing_prefill_is_a_warning():
    rig = Rig(["Hello."], heard=["hi there"])
    rig.chat.prefill_error = RuntimeError("no room")
    rig.say(500)
    rig.quiet(2000)
    assert [(event.code, event.message) for event in rig.of(WarningIssued)] == [("prefill_failed", "no room")]
    assert rig.of(ResponseDone)[0].response.status == "completed"


@pytest.mark.parametrize(
    ("samples", "message"),
    [(np.zeros(480, np.int16), "int16"), (np.full(480, np.nan, np.float32), "finite"), ([0.0], "list")],
)
def test_a_synthesiser_that_yields_no_finite_floats_fails_the_response(samples, message):
    rig = Rig(["Hello."], heard=["hi there"])
    frame = SimpleNamespace(samples=samples, sample_rate=48000)
    rig.synthesizer.synthesize = lambda *_, **__: iter([frame])
    rig.say(500)
    rig.quiet(2000)
    assert message in rig.of(ResponseDone)[0].response.status_details["error"]["message"]


@pytest.mark.parametrize("finish", [lambda _: None, lambda _: Transcript(None, is_final=True)])
def test_a_recogniser_without_a_transcript_fails_the_turn_at_once(finish, monkeypatch):
    rig = Rig(["Hello."], heard=["hi there", "hi again"])
    with monkeypatch.context() as patch:
        patch.setattr(FakeRecognition, "finish", finish)
        rig.say(500)
        rig.quiet(1000)
    (error,) = (event.error for event in rig.of(ErrorOccurred))
    assert error.message.startswith("the recogniser failed: 'NoneType'")
    rig.say(500)
    rig.quiet(2000)
    assert [event.item.status for event in rig.of(ItemDone)] == ["incomplete", "completed", "completed"]


def test_lone_surrogates_of_a_recogniser_are_replaced():
    heard = "hi \ud800 there"
    rig = Rig(["Hello."], heard=[heard])
    rig.recognizer.alternatives = {heard: ("hi \udfff",)}
    rig.say(600)
    rig.quiet(2000)
    assert [event.text for event in rig.of(TranscriptUpdated)] == ["hi", "hi ?", "hi ? there"]
    assert rig.last_messages()[-1] == ("user", "hi ? there")


@pytest.mark.parametrize("bad", [np.zeros(320), np.zeros((2, 160), np.float32), [0.0], np.zeros(320, np.int16)])
def test_audio_of_the_wrong_kind_raises(bad):
    rig = Rig()
    with pytest.raises(InvalidArgumentError, match="samples must"):
        rig.session.push(bad)


def test_an_unknown_voice_and_a_wrong_rate_raise():
    with pytest.raises(InvalidArgumentError, match=r"unknown voice 'nobody'.*wren"):
        Rig(voice="nobody")
    runtime = VirtualRuntime()
    with pytest.raises(InvalidArgumentError, match="8000"):
        Session(
            FakeChat(runtime),
            recognizer=FakeRecognizer([], sample_rate=8000),
            synthesizer=FakeSynthesizer(runtime),
            vad=FakeVad(),
            runtime=runtime,
        )
