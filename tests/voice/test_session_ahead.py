"""Work ahead of the end of a turn, in virtual time: the reply is made at the soft end and held until the turn ends."""

from __future__ import annotations

import pytest
from conversation_rig import TOOL, Rig

from electron_local.voice import EndOfTurn, TurnSettings
from electron_local.voice.client_events import CreateResponse, UpdateSession
from electron_local.voice.events import (
    AudioDelta,
    ItemDone,
    ResponseCreated,
    ResponseDone,
    SpeechStopped,
    ToolReturned,
    TranscriptCompleted,
)
from voice_fakes import Call

AHEAD = TurnSettings(
    EndOfTurn(soft_end_ms=200, sure_end_ms=300, finished_end_ms=400, hard_end_ms=800, min_speech_ms=100)
)
OFF = TurnSettings(EndOfTurn(soft_end_ms=None, finished_end_ms=400, hard_end_ms=800, min_speech_ms=100))


def turn(settings: TurnSettings) -> Rig:
    rig = Rig(["It is sunny today."], heard=["how is the weather"], turn=settings)
    rig.say(1000)
    rig.quiet(2500)
    return rig


def test_the_first_audio_leaves_when_the_turn_ends():
    ahead, off = turn(AHEAD), turn(OFF)
    for rig in (ahead, off):
        assert rig.of(SpeechStopped)[0].time_ms == 1380
    assert ahead.of(AudioDelta)[0].time_ms == 1380
    assert off.of(AudioDelta)[0].time_ms == pytest.approx(1470, abs=1)
    assert ahead.of(ResponseDone)[0].ledger.made_ahead_ms == pytest.approx(90, abs=1)
    assert off.of(ResponseDone)[0].ledger.made_ahead_ms == 0


def test_what_is_sent_is_the_same():
    ahead, off = turn(AHEAD), turn(OFF)
    assert ahead.wire() == off.wire()
    assert ahead.of(ItemDone)[-1].item.text == off.of(ItemDone)[-1].item.text
    assert ahead.audio_ms() == off.audio_ms()
    assert ahead.chat.requests == off.chat.requests


def test_more_speech_drops_what_was_made():
    rig = Rig(["Wrong."], ["Right."], heard=["play some jazz", "play some jazz in the kitchen"], turn=AHEAD)
    rig.say(600)
    rig.quiet(300)
    rig.say(600)
    rig.quiet(2000)
    assert [event.text for event in rig.of(TranscriptCompleted)] == ["play some jazz in the kitchen"]
    assert rig.chat.streams[0].is_closed
    assert len(rig.of(SpeechStopped)) == len(rig.of(ResponseCreated)) == 1
    assert rig.of(ItemDone)[-1].item.text.strip() == "Right."
    assert rig.last_messages() == [("system", "Be brief."), ("user", "play some jazz in the kitchen")]


def test_a_turn_that_sounds_unfinished_is_not_answered_ahead():
    rig = Rig(["Done."], heard=["turn on the"], turn=AHEAD)
    rig.say(600)
    rig.quiet(600)
    assert rig.chat.requests == []
    rig.quiet(1000)
    assert len(rig.chat.requests) == 1


def test_tools_run_only_when_the_turn_is_over():
    calls = []
    rig = Rig(
        [Call("get_weather", {})],
        ["Sunny."],
        heard=["how is the weather"],
        turn=AHEAD,
        schemas=(TOOL,),
        tools={"get_weather": lambda: calls.append(rig.session.now_ms()) or "sunny"},
    )
    rig.say(1000)
    rig.quiet(360)
    assert len(rig.chat.requests) == 1
    assert calls == []
    rig.quiet(2000)
    assert calls == [1380]
    assert len(rig.of(ToolReturned)) == 1
    assert rig.of(ItemDone)[-1].item.text.strip() == "Sunny."


@pytest.mark.parametrize("event", [CreateResponse(), UpdateSession(tools=(TOOL,))])
def test_a_client_that_changes_the_session_meanwhile_gets_an_answer_to_what_holds_then(event):
    rig = Rig(["Wrong."], ["Right."], ["Late."], heard=["how is the weather"], turn=AHEAD)
    rig.say(1000)
    rig.quiet(300)
    rig.session.send(event)
    rig.quiet(2500)
    assert rig.chat.streams[0].is_closed
    assert "Wrong." not in [done.item.text.strip() for done in rig.of(ItemDone)]


def test_a_long_turn_keeps_what_was_understood_before_its_pause():
    rig = Rig(["Wrong."], ["Right."], heard=["a very long request", "and some more of it"], turn=AHEAD)
    rig.say(4500)
    rig.quiet(300)
    rig.say(1000)
    rig.quiet(2000)
    assert rig.of(TranscriptCompleted)[0].text == "a very long request and some more of it"


def test_random_pauses_never_cost_a_word_or_leave_a_reply_behind():
    for pause_ms in range(20, 340, 40):
        rig = Rig(["One."], ["Two."], heard=["play some jazz", "play some jazz now"], turn=AHEAD)
        rig.say(600)
        rig.quiet(pause_ms)
        rig.say(400)
        rig.quiet(2000)
        heard = [event.text for event in rig.of(TranscriptCompleted)]
        assert heard in (["play some jazz"], ["play some jazz now"])
        assert len(rig.of(ResponseDone)) == 1
        assert rig.session.is_idle
        rig.close()
