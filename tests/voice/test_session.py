"""Whole conversations in virtual time: plain turns, noise, pacing, updates, closing."""

from __future__ import annotations

import numpy as np
import pytest
from conversation_rig import BOT_BEGINS, BOT_ENDS, CREATED, LONG, USER_BEGINS, USER_ENDS, Rig

from electron_local.voice import Session, SessionConfig
from electron_local.voice.client_events import CancelResponse, UpdateSession
from electron_local.voice.events import (
    AudioDelta,
    ItemAdded,
    ItemDone,
    ReplyTextDelta,
    ResponseDone,
    SpeechStarted,
    SpeechStopped,
    TranscriptCompleted,
    TranscriptUpdated,
)
from hearing_fakes import FakeRecognizer, FakeVad, silence, speech
from virtual_time import VirtualRuntime
from voice_fakes import FakeChat, FakeSynthesizer, Finish


def plain_turn(**config):
    rig = Rig(["It is sunny today."], heard=["how is the weather"], **config)
    rig.quiet(200)
    rig.say(1000)
    rig.quiet(2500)
    return rig


def test_a_plain_turn_has_the_events_of_the_protocol_in_order():
    rig = plain_turn()
    assert rig.wire() == CREATED + USER_BEGINS + USER_ENDS + BOT_BEGINS + BOT_ENDS
    user, bot = rig.of(ItemDone)
    assert (user.item.role, user.item.status, user.item.text) == ("user", "completed", "how is the weather")
    assert (bot.item.role, bot.item.status, bot.item.text.strip()) == ("assistant", "completed", "It is sunny today.")
    assert user.previous_item_id is None
    assert bot.previous_item_id == user.item.id
    assert [added.item.id for added in rig.of(ItemAdded)] == [user.item.id, bot.item.id]
    done = rig.of(ResponseDone)[0].response
    assert (done.status, done.status_details, done.output) == ("completed", None, (bot.item,))
    assert done.usage.to_wire() == {"input_tokens": 11, "output_tokens": 5, "total_tokens": 16}
    assert rig.session.is_idle


def test_the_events_of_a_turn_carry_text_and_times():
    rig = plain_turn()
    assert (rig.of(SpeechStarted)[0].audio_start_ms, rig.of(SpeechStopped)[0].audio_end_ms) == (200, 1200)
    assert [event.text for event in rig.of(TranscriptUpdated)] == ["how", "how is", "how is the", "how is the weather"]
    assert rig.of(TranscriptCompleted)[0].text == "how is the weather"
    assert "".join(event.delta for event in rig.of(ReplyTextDelta)).strip() == "It is sunny today."
    ledger = rig.of(ResponseDone)[0].ledger
    assert ledger.endpoint_wait_ms == 400
    assert ledger.first_token_wait_ms == 20
    assert ledger.voice_to_voice_ms == pytest.approx(400 + 4 * 20 + 10, abs=1)
    assert ledger.first_audio_ms == rig.of(AudioDelta)[0].time_ms


def test_the_model_is_asked_with_the_history():
    rig = Rig(["Hello."], ["Bye."], heard=["hi", "good bye"], language="de", voice="wren", max_output_tokens=50)
    for _ in range(2):
        rig.say(400)
        rig.quiet(2500)
    assert rig.last_messages() == [
        ("system", "Be brief."), ("user", "hi"), ("assistant", "Hello."), ("user", "good bye")
    ]  # fmt: skip
    request = rig.chat.requests[0]
    assert (request["stream"], request["temperature"], request["max_tokens"]) == (True, 0.0, 50)
    assert "tools" not in request
    assert rig.synthesizer.calls[0] == {"voice": "wren", "language": "de", "speed": 1.0}
    assert rig.chat.streams[0].is_closed


def test_audio_is_48_khz_and_paced_at_most_300_ms_ahead():
    rig = Rig([LONG], heard=["tell me more"])
    rig.say(600)
    rig.quiet(14000)
    deltas = rig.of(AudioDelta)
    assert all(e.delta.sample_rate == 48000 and e.delta.samples.dtype == np.float32 for e in deltas)
    sent_ms = 0.0
    for delta in deltas:
        sent_ms += delta.delta.duration_ms
        assert sent_ms <= delta.time_ms - deltas[0].time_ms + 300 + 1e-6
    assert sent_ms == sum(len(text) for text in rig.synthesizer.texts) * 50
    assert deltas[-1].time_ms - deltas[0].time_ms == pytest.approx(sent_ms - 300, abs=50)
    assert rig.of(ResponseDone)[0].time_ms == deltas[-1].time_ms


def test_the_synthesisers_rate_is_converted():
    pytest.importorskip("electron_local.audio.resampling")
    rig = Rig(["It is sunny today."], heard=["how is it"], rate=22050)
    rig.say(600)
    rig.quiet(2500)
    assert rig.audio_ms() == pytest.approx(18 * 50, abs=5)


def test_noise_is_rejected_without_a_response():
    rig = Rig(heard=[""])
    rig.say(300)
    rig.quiet(1500)
    assert rig.wire() == CREATED + USER_BEGINS + USER_ENDS
    assert rig.of(ItemDone)[0].item.status == "incomplete"
    assert rig.session.is_idle


def test_a_short_pause_does_not_end_the_turn():
    rig = Rig(["Calling."], heard=["call my old friend anna now"])
    for _ in range(2):
        rig.say(500)
        rig.quiet(300)
    rig.quiet(2000)
    assert len(rig.of(SpeechStarted)) == 1
    assert rig.recognizer.n_streams == 1


def test_audio_that_stops_arriving_counts_as_silence():
    rig = Rig(["Hello."], heard=["hello there"])
    rig.say(600)
    rig.wait(3000)
    assert rig.of(ResponseDone)[0].response.status == "completed"
    assert rig.of(SpeechStopped)[0].audio_end_ms == 600


def test_a_recogniser_that_falls_behind_delays_only_its_transcript():
    rig = Rig([LONG], ["Stopped."], heard=["tell me more", "stop that please"])
    rig.recognizer.runtime, rig.recognizer.finish_ms, rig.recognizer.feed_ms = rig.runtime, 300, 25
    rig.say(600)
    rig.quiet(3000)
    before = [event.time_ms for event in rig.of(AudioDelta)]
    rig.say(900)
    rig.quiet(4000)
    assert max(np.diff(before)) <= 41
    last_ms = [event.time_ms for event in rig.of(AudioDelta) if event.response_id == rig.of(AudioDelta)[0].response_id]
    assert last_ms[-1] - 3600 <= 250
    assert [event.response.status for event in rig.of(ResponseDone)] == ["cancelled", "completed"]
    ledger = rig.of(ResponseDone)[0].ledger
    assert ledger.recognition_ms > 300


def test_the_bot_can_speak_first():
    rig = Rig(["Welcome!"], generate_initial_response=True)
    rig.quiet(1500)
    assert rig.wire() == CREATED + BOT_BEGINS + BOT_ENDS
    assert rig.last_messages() == [("system", "Be brief.")]


def test_the_user_can_cancel_a_response():
    rig = Rig([LONG], ["Sure."], heard=["go on", "again"])
    rig.session.send(CancelResponse())
    rig.say(500)
    rig.quiet(2000)
    rig.session.send(CancelResponse("resp_other"))
    rig.wait(20)
    assert not rig.of(ResponseDone)
    rig.session.send(CancelResponse())
    rig.wait(20)
    done = rig.of(ResponseDone)[0].response
    assert (done.status, done.status_details) == ("cancelled", {"reason": "client_cancelled"})
    rig.say(500)
    rig.quiet(2000)
    assert rig.of(ResponseDone)[1].response.status == "completed"


def test_a_response_out_of_tokens_is_incomplete():
    rig = Rig(["It is", Finish("length")], heard=["how is it"])
    rig.say(500)
    rig.quiet(2000)
    done = rig.of(ResponseDone)[0].response
    assert (done.status, done.status_details) == ("incomplete", {"reason": "max_output_tokens"})


def test_the_instructions_are_prefilled_before_the_first_turn():
    rig = Rig()
    rig.wait(10)
    system = {"role": "system", "content": "Be brief."}
    assert rig.chat.prefilled == [{"messages": [system], "tools": None, "model": "electron"}]
    speaking_first = Rig(["Hi."], generate_initial_response=True)
    speaking_first.wait(10)
    assert speaking_first.chat.prefilled == []


def test_of_many_updates_the_model_reads_only_the_last_tools():
    rig = Rig(["Hello."], heard=["hi there"])
    rig.chat.prefill_ms = 1500.0
    rig.wait(10)
    for n in range(25):
        rig.session.send(UpdateSession(({"type": "function", "name": f"tool_{n}", "parameters": {}},)))
        rig.wait(10)
    rig.wait(5000)
    read = [request["tools"] and request["tools"][0]["function"]["name"] for request in rig.chat.prefilled]
    assert read == [None, "tool_24"]


def test_tools_can_be_updated():
    rig = Rig(["Hello."], heard=["hi there"])
    tool = {"type": "function", "name": "stop", "parameters": {}}
    rig.session.send(UpdateSession((tool,)))
    rig.session.send(UpdateSession((tool,)))
    rig.say(500)
    rig.quiet(2000)
    assert rig.wire().count("session.updated") == 1
    assert rig.chat.requests[0]["tools"] == [{"type": "function", "function": {"name": "stop", "parameters": {}}}]


def test_closing_ends_a_response_and_the_events():
    rig = Rig([LONG], heard=["go on"])
    rig.say(500)
    rig.quiet(1000)
    rig.close()
    rig.close()
    assert rig.events[-1].response.status == "cancelled"
    assert rig.session.next_event() is None


def test_run_speaks_waits_for_the_answer_and_closes():
    rig = Rig(["It is sunny today."], heard=["how is it"])
    events = list(rig.session.run(np.concatenate([silence(100), speech(800)])))
    assert events[-1].type == "response.done"
    assert rig.runtime.now_ms() < 4000


def test_run_over_silence_ends_without_a_turn():
    rig = Rig()
    assert [event.type for event in rig.session.run(np.zeros(0, np.float32))] == CREATED


def test_a_session_on_real_threads_answers():
    stages_time = VirtualRuntime()
    with Session(
        FakeChat(stages_time, ["Hi."]),
        SessionConfig(generate_initial_response=True),
        recognizer=FakeRecognizer([]),
        synthesizer=FakeSynthesizer(stages_time),
        vad=FakeVad(),
    ) as session:
        kinds = []
        while not kinds or kinds[-1] != "response.done":
            kinds.append(session.next_event(timeout_ms=10_000).type)
    assert kinds[0] == "session.created"
    assert session.next_event() is None
