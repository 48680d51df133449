"""Somebody speaks while the bot does: interruptions, backchannels, and what of the answer was heard."""

from __future__ import annotations

import numpy as np
import pytest
from conversation_rig import BOT_BEGINS, BOT_ENDS, CREATED, LONG, TOOL, USER_BEGINS, USER_ENDS, Rig

from electron_local.errors import OverloadedError
from electron_local.voice import BargeIn, EndOfTurn, TurnSettings
from electron_local.voice.client_events import (
    CancelResponse,
    CreateFunctionCallOutput,
    CreateResponse,
    CreateUserText,
    ReportPlayback,
)
from electron_local.voice.events import AudioDelta, ItemDone, ResponseCreated, ResponseDone
from hearing_fakes import silence, speech
from voice_fakes import Call

PATIENT = TurnSettings(
    EndOfTurn(soft_end_ms=None, sure_end_ms=300, finished_end_ms=1200, hard_end_ms=1200, min_speech_ms=100), BargeIn()
)


def barge_in(heard: str, duration_ms: int) -> Rig:
    rig = Rig([LONG], ["Stopped."], heard=["tell me more", heard])
    rig.say(600)
    rig.quiet(3000)
    rig.say(duration_ms)
    rig.quiet(14000)
    return rig


def test_words_over_a_response_interrupt_it():
    rig = barge_in("stop that please", 900)
    assert rig.wire() == (
        CREATED + USER_BEGINS + USER_ENDS + BOT_BEGINS
        + USER_BEGINS + ["conversation.item.done", "response.done"] + USER_ENDS + BOT_BEGINS + BOT_ENDS
    )  # fmt: skip
    first, second = (done.response for done in rig.of(ResponseDone))
    assert (first.status, first.status_details) == ("cancelled", {"reason": "interrupted"})
    assert second.status == "completed"
    assert rig.chat.streams[0].is_closed


def test_after_an_interruption_nothing_stale_is_sent_and_the_history_is_what_was_heard():
    rig = barge_in("stop that please", 900)
    first, second = (created.response.id for created in rig.of(ResponseCreated))
    onset_ms = 3600.0
    last_ms = max(e.time_ms for e in rig.of(AudioDelta) if e.response_id == first)
    assert last_ms - onset_ms <= 250
    done_at = rig.events.index(rig.of(ResponseDone)[0])
    assert all(getattr(e, "response_id", second) == second for e in rig.events[done_at + 1 :])
    heard = rig.last_messages()[2]
    played_ms = rig.audio_ms(first)
    assert heard[0] == "assistant"
    assert LONG.startswith(heard[1])
    assert len(heard[1]) * 50 == pytest.approx(played_ms, abs=600)
    assert len(heard[1]) * 50 <= played_ms + 100
    assert rig.last_messages()[3] == ("user", "stop that please")
    assert rig.of(ItemDone)[1].item.text == heard[1]


def test_the_times_of_words_say_what_was_heard():
    rig = Rig(["A single sentence that is long enough to be talked over by anyone"], ["Stopped."],
              heard=["tell me more", "stop that please"])  # fmt: skip
    rig.synthesizer.tells_words = True
    rig.say(600)
    rig.quiet(1600)
    rig.say(900)
    rig.quiet(3000)
    assert rig.of(ResponseDone)[0].response.status == "cancelled"
    assert rig.last_messages()[2] == ("assistant", "A single sentence that is long enough to be talked over by anyone")
    assert rig.audio_ms(rig.of(ResponseCreated)[0].response.id) < 2000, "all words were in its first tenth"


def test_the_devices_own_position_says_what_was_heard():
    rig = Rig([LONG], ["Stopped."], heard=["tell me more", "stop that please"])
    rig.say(600)
    rig.quiet(1000)
    first = rig.of(ResponseCreated)[0].response.id
    for n_played in range(0, 10_000, 960):
        rig.session.send(ReportPlayback(first, n_played))
        rig.session.send(ReportPlayback("resp_other", 10**9))
        rig.quiet(100)
    rig.session.send(ReportPlayback(first, 24_000))
    rig.say(900)
    rig.session.send(ReportPlayback(first, 24_000))
    rig.quiet(3000)
    heard = rig.last_messages()[2][1]
    assert LONG.startswith(heard)
    assert len(heard) * 50 <= 500 + 600 + 100, "half a second, and what may have followed it until the interruption"


def test_the_language_model_is_cancelled_while_it_writes():
    rig = Rig([" ".join(f"word {i}" for i in range(1000))], ["Yes."], heard=["count", "stop that please"])
    rig.say(400)
    rig.quiet(2000)
    rig.say(600)
    written = rig.chat.streams[0].n_sent
    rig.quiet(3000)
    assert rig.chat.streams[0].is_closed
    assert rig.chat.streams[0].n_sent <= written + 1
    usage = rig.of(ResponseDone)[0].response.usage
    assert usage.input_tokens == 11 and usage.output_tokens > 0, "what was written until then is counted"


@pytest.mark.parametrize(("heard", "duration_ms"), [("yeah", 300), ("", 200), ("yeah", 900)])
def test_a_backchannel_or_noise_holds_and_resumes(heard, duration_ms):
    rig = barge_in(heard, duration_ms)
    assert rig.wire() == (
        CREATED + USER_BEGINS + USER_ENDS + BOT_BEGINS + USER_BEGINS + USER_ENDS + BOT_BEGINS[2:] + BOT_ENDS
    )
    assert [event.item.status for event in rig.of(ItemDone)] == ["completed", "incomplete", "completed"]
    assert rig.audio_ms() == sum(len(text) for text in rig.synthesizer.texts) * 50
    times = [event.time_ms for event in rig.of(AudioDelta)]
    assert 300 <= max(np.diff(times)) <= 600


def test_words_after_a_backchannel_interrupt():
    rig = barge_in("yeah yeah yeah yeah yeah but stop now", 1500)
    assert [d.response.status for d in rig.of(ResponseDone)] == ["cancelled", "completed"]
    assert [event.item.status for event in rig.of(ItemDone) if event.item.role == "user"] == [
        "completed", "incomplete", "completed"
    ]  # fmt: skip


def test_a_turn_ends_that_begins_in_the_pause_of_a_backchannel():
    rig = Rig([LONG], ["Yes."], heard=["tell me more", "yeah yeah yeah yeah"])
    rig.say(600)
    rig.quiet(1500)
    rig.say(660)
    rig.quiet(100)
    rig.session.send(CancelResponse())
    rig.quiet(2000)
    assert rig.session.is_idle
    assert rig.last_messages()[-1] == ("user", "yeah yeah yeah yeah")


@pytest.mark.parametrize("pause_ms", [380, 1500])
def test_a_noise_over_the_end_of_a_response(pause_ms):
    rig = Rig(["One two three four five six."], ["Two."], heard=["tell me more", "", "what about rome"])
    rig.recognizer.runtime, rig.recognizer.finish_ms = rig.runtime, 250
    rig.say(600)
    rig.quiet(1600)
    rig.say(200)  # held when all of it was sent; the transcript of this noise resumes it
    rig.quiet(pause_ms)
    rig.say(700)  # begins while that is awaited, or later
    rig.quiet(3000)
    first = "cancelled" if pause_ms == 380 else "completed"
    assert [done.response.status for done in rig.of(ResponseDone)] == [first, "completed"]
    assert rig.last_messages()[-1] == ("user", "what about rome")


def asked_for_in_a_turn(in_pause: bool, heard: str) -> tuple[Rig, float]:
    """A response is asked for in the pause of a turn, or in its speech, which goes on; and when that ends."""
    rig = Rig([LONG], ["Yes."], heard=[heard], turn=PATIENT)
    rig.say(600)
    rig.quiet(300 if in_pause else 0)
    rig.session.send(CreateUserText("typed"))
    rig.session.send(CreateResponse())
    rig.quiet(300 if in_pause else 0)
    rig.say(2000)
    end_ms = rig.session.now_ms()
    rig.quiet(16000)
    return rig, end_ms


@pytest.mark.parametrize("in_pause", [False, True])
def test_a_response_asked_for_during_a_turn_gives_way_to_its_answer(in_pause):
    rig, end_ms = asked_for_in_a_turn(in_pause, "please play some jazz")
    (created,) = rig.of(ResponseCreated)
    assert created.time_ms > end_ms and rig.of(ResponseDone)[0].response.status == "completed"
    assert rig.last_messages() == [("system", "Be brief."), ("user", "typed"), ("user", "please play some jazz")]


@pytest.mark.parametrize("in_pause", [False, True])
def test_a_response_asked_for_during_a_noise_waits_for_its_end(in_pause):
    rig, end_ms = asked_for_in_a_turn(in_pause, "")
    (created,) = rig.of(ResponseCreated)
    assert created.time_ms > end_ms and rig.of(ResponseDone)[0].response.status == "completed"
    assert rig.last_messages() == [("system", "Be brief."), ("user", "typed")]


def test_a_request_for_a_narration_that_an_interruption_overtakes_asks_for_nothing():
    call = Call("get_weather", {"city": "Rome"}, "call_a")
    rig = Rig([call], ["Fine."], heard=["weather in rome", "no wait play some jazz"], schemas=(TOOL,))
    rig.say(600)
    rig.quiet(1500)
    rig.session.send(CreateFunctionCallOutput("call_a", "sunny"))
    rig.wait(1)
    rig.say(700)
    rig.session.send(CreateResponse())
    rig.quiet(3000)
    assert len(rig.of(ResponseCreated)) == 2
    assert rig.last_messages()[-2:] == [("tool", "sunny"), ("user", "no wait play some jazz")]


def test_the_ledger_of_a_typed_turn_has_no_moments_of_speech_and_that_of_a_completed_one_no_barge_in():
    rig = Rig(["One two three four five six seven."], ["Fine."], heard=["play some jazz", "yeah"])
    rig.say(600)
    rig.quiet(1200)
    rig.say(300)
    rig.quiet(5000)
    rig.session.send(CreateUserText("and now typed"))
    rig.session.send(CreateResponse())
    rig.quiet(3000)
    spoken, typed = (done.ledger for done in rig.of(ResponseDone))
    assert spoken.speech_end_ms is not None and spoken.barge_in_ms is None
    assert (typed.speech_end_ms, typed.turn_end_ms, typed.voice_to_voice_ms) == (None, None, None)


@pytest.mark.parametrize("first", [[OverloadedError("queue full")], [""], ["Fine."]])
def test_speech_behind_a_turn_whose_answer_ends_at_once_is_answered(first):
    """The reply was made ahead: it is over before the speech over it could hold it."""
    turn = TurnSettings(
        EndOfTurn(soft_end_ms=200, sure_end_ms=300, finished_end_ms=400, hard_end_ms=800, min_speech_ms=100)
    )
    rig = Rig(first, ["Second answer."], heard=["how is the weather", "play some jazz"], turn=turn)
    rig.say(1000)
    rig.quiet(360)
    rig.session.push(np.concatenate([silence(60), speech(200)]))
    rig.wait(260)
    rig.say(600)
    rig.quiet(8000)
    assert rig.of(ResponseDone)[-1].response.status == "completed" and rig.session.is_idle
    assert rig.last_messages()[-1] == ("user", "play some jazz")


def test_a_response_may_be_held_for_longer_than_one_may_be_mute():
    rig = Rig(["Yes."], heard=[""], turn=PATIENT)
    rig.say(600)
    rig.session.send(CreateUserText("typed"))
    rig.session.send(CreateResponse())
    rig.say(35_000)
    assert not rig.of(ResponseCreated)
    rig.quiet(4000)
    assert [done.response.status for done in rig.of(ResponseDone)] == ["completed"]


@pytest.mark.parametrize("heard", ["no wait stop", ""])
def test_a_response_may_be_asked_for_after_an_interruption_that_dropped_a_call(heard):
    call = Call("get_weather", {"city": "Rome"}, "call_a")
    rig = Rig([call], ["Fine."], ["Again."], heard=["weather in rome", heard], schemas=(TOOL,))
    rig.say(600)
    rig.quiet(1500)
    rig.say(900)
    rig.quiet(6000)
    n_before = len(rig.of(ResponseDone))
    rig.session.send(CreateResponse())
    rig.quiet(3000)
    assert len(rig.of(ResponseDone)) == n_before + 1
