"""A client that sends anything at any time: the events stay in order, nothing of ours breaks, the session goes on."""

from __future__ import annotations

import random

import numpy as np
import pytest
from conversation_rig import CREATED, LONG, TOOL, Rig

from electron_local.errors import InvalidArgumentError
from electron_local.voice.client_events import (
    AppendAudio,
    BadFrame,
    CancelResponse,
    ConfigureSession,
    CreateFunctionCallOutput,
    CreateResponse,
    CreateUserText,
    ReportPlayback,
    UpdateSession,
)
from electron_local.voice.events import (
    AudioDelta,
    AudioDone,
    CallArgumentsDone,
    ErrorOccurred,
    ItemAdded,
    ItemDone,
    ResponseCreated,
    ResponseDone,
    SpeechStarted,
    SpeechStopped,
    TranscriptUpdated,
    WarningIssued,
)
from electron_local.voice.items import ErrorInfo
from hearing_fakes import RATE, FakeRecognition, silence, speech
from voice_fakes import Call, FakeStream

REPLY = "This is the answer, and it is not a short one. It goes on for a while. "
HEARD = ["stop that please", "yeah", "", "what about now", "ok", "play the"]


def some_event(rng: random.Random, rig: Rig):
    """Right, wrong, late and unknown ones."""
    calls = [event.call_id for event in rig.of(CallArgumentsDone)]
    responses = [event.response.id for event in rig.of(ResponseCreated)]
    call_id = rng.choice([*calls[-3:], "call_unknown"])
    response_id = rng.choice([*responses[-2:], "resp_unknown", None])
    return rng.choice(
        [
            CreateResponse(),
            CreateResponse(),
            CancelResponse(response_id),
            CreateUserText("and what about tomorrow"),
            CreateFunctionCallOutput(call_id, "rain"),
            CreateFunctionCallOutput(call_id, ""),
            UpdateSession(rng.choice([None, (), (TOOL,), ({**TOOL, "name": "a b"},)])),
            ConfigureSession("Be rude."),
            ReportPlayback(response_id or "resp_unknown", rng.choice([0, 10**6])),
            BadFrame(ErrorInfo("invalid_request_error", "invalid_frame", "no JSON")),
            AppendAudio(np.zeros(0, np.float32)),
            AppendAudio(np.full(rng.randint(1, RATE), rng.choice([0.0, 0.5]), np.float32)),
        ]
    )


def beset(seed: int) -> Rig:
    rng = random.Random(seed)
    replies = []
    for n in range(200):
        calls = [Call("get_weather", {"city": "Rome"}, id=f"call_{n}_{k}") for k in range(rng.randint(1, 2))]
        replies.append(rng.choice([[REPLY * 3], [REPLY], ["Ok."], ["Moment.", *calls], calls, [ValueError("x")]]))
    heard = [rng.choice(HEARD) for _ in range(400)]
    rig = Rig(*replies, heard=heard, schemas=(TOOL,), tool_timeout_s=3, waits_for_configure=True)
    for moment in range(60):
        if rng.random() < 0.4:
            (rig.say if rng.random() < 0.5 else rig.quiet)(rng.choice([80, 200, 400, 900]))
        rig.wait(rng.choice([0, 5, 50, 700]))
        rig.session.send(some_event(rng, rig) if moment != 2 else ConfigureSession())
    rig.quiet(40_000)
    return rig


@pytest.mark.parametrize("seed", range(12))
def test_whatever_comes_the_session_goes_on(seed):
    rig = beset(seed)
    check_order(rig)
    check_history(rig)
    assert rig.session.is_idle and not rig.session.is_closed
    rig.close()


def check_order(rig: Rig) -> None:
    response = speech = None
    open_items: set[str] = set()
    for event in rig.events:
        match event:
            case ResponseCreated():
                assert response is None
                response = event.response.id
            case AudioDelta() | AudioDone():
                assert event.response_id == response
            case ResponseDone():
                assert event.response.id == response
                response = None
            case ItemAdded():
                open_items.add(event.item.id)
            case ItemDone():
                open_items.remove(event.item.id)
            case SpeechStarted():
                assert speech is None
                speech = event.item_id
            case SpeechStopped():
                assert event.item_id == speech
                speech = None
            case ErrorOccurred():
                assert event.error.code != "internal_error", event.error.message
    assert response is None and speech is None and not open_items


def check_history(rig: Rig) -> None:
    """Every call has one output, and the first configuration holds."""
    for request in rig.chat.requests:
        calls = [call["id"] for m in request["messages"] for call in m.get("tool_calls") or ()]
        outputs = [message["tool_call_id"] for message in request["messages"] if message["role"] == "tool"]
        assert calls == outputs
    systems = {message["content"] for request in rig.chat.requests for message in request["messages"][:1]}
    assert len(systems) == 1, "a second configure counted"


@pytest.mark.parametrize("bad", [np.nan, np.inf, 9.0])
def test_audio_out_of_range_raises_and_none_of_it_is_heard(bad):
    rig = Rig()
    with pytest.raises(InvalidArgumentError, match="samples must"):
        rig.session.push(np.append(speech(500), np.float32(bad)))
    rig.wait(100)
    assert rig.wire() == CREATED and rig.session.is_idle


@pytest.mark.parametrize("as_event", [False, True])
def test_a_capture_buffer_may_be_reused(as_event):
    rig = Rig(["Hello."], heard=["hi there"])
    buffer = np.zeros(320, np.float32)
    for level in [0.5] * 20 + [0.0] * 60:
        buffer[:] = level
        rig.session.send(AppendAudio(buffer)) if as_event else rig.session.push(buffer)
        buffer[:] = 0
        rig.wait(20)
    assert [event.text for event in rig.of(TranscriptUpdated)] == ["hi", "hi there"]


def test_nothing_is_taken_after_the_end():
    rig = Rig()
    rig.close()
    for _ in range(10):
        rig.session.push(silence(20))
        rig.session.send(CancelResponse())
    assert rig.session.is_idle
    assert not rig.session._thread.inbox._items


def test_a_dynamic_context_that_fails_is_told_and_the_user_is_answered():
    contexts = iter([OSError("the sensor is away"), "It is 10:42."])

    def context():
        if isinstance(found := next(contexts), Exception):
            raise found
        return found

    rig = Rig(["One."], ["Two."], heard=["play some jazz", "okay"], dynamic_context=context)
    for _ in range(2):
        rig.say(600)
        rig.quiet(3000)
    (warning,) = rig.of(WarningIssued)
    assert warning.code == "dynamic_context_failed" and "OSError: the sensor is away" in warning.message
    assert [done.response.status for done in rig.of(ResponseDone)] == ["completed"] * 2
    assert [request["messages"][-1]["content"] for request in rig.chat.requests] == [
        "play some jazz", "okay\n\nIt is 10:42."
    ]  # fmt: skip


def test_engines_that_cannot_be_stopped_cost_nothing(monkeypatch):
    def refuse(self):
        self.is_closed = True
        raise OSError("it does not stop")

    monkeypatch.setattr(FakeRecognition, "cancel", refuse)
    monkeypatch.setattr(FakeStream, "close", refuse)
    monkeypatch.setattr(FakeStream, "__exit__", lambda *_: None)
    rig = Rig([LONG], [LONG], ["Three."], heard=["play some jazz", "yeah yeah yeah", "stop please", "play more"])
    rig.say(600)
    rig.quiet(2000)
    rig.say(900)  # its recognition is cancelled, and goes on with the next
    rig.quiet(1500)
    for _ in range(2):
        rig.say(900)
        rig.quiet(2500)
    assert [done.response.status for done in rig.of(ResponseDone)] == ["cancelled", "cancelled", "completed"]
    assert rig.last_messages()[-1] == ("user", "play more") and not rig.of(ErrorOccurred)


def test_frames_without_samples_are_no_audio():
    rig = Rig(["Fine."], heard=["play some jazz"])
    rig.say(600)
    for _ in range(100):
        rig.session.push(np.zeros(0, np.float32))
        rig.wait(20)
    rig.wait(3000)
    assert [done.response.status for done in rig.of(ResponseDone)] == ["completed"]
