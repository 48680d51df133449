"""The language model as judge of the end of a turn, in virtual time."""

from __future__ import annotations

import pytest
from conversation_rig import PASSING, Rig

from electron_local.voice import EndOfTurn, TurnSettings
from electron_local.voice.events import ErrorOccurred, SpeechStopped, TranscriptCompleted

TURN = TurnSettings(
    EndOfTurn(
        soft_end_ms=200, sure_end_ms=300, finished_end_ms=500, hard_end_ms=900, sure=0.5, hopeful=0.1, unsure=0.02
    )
)
SAID = "play some jazz"


def turn(ends, *, said=SAID, judge_ms=5.0, **config) -> Rig:
    rig = Rig(["Here it is."], ["More."], heard=[said], turn=TURN, **{"model_judges_end": True, **config})
    rig.chat.ends = ends
    rig.chat.judge_ms = judge_ms
    rig.say(1000)
    rig.quiet(2500)
    return rig


def end_wait_ms(rig: Rig) -> float:
    return rig.of(SpeechStopped)[0].time_ms - 980


@pytest.mark.parametrize(("probability", "wait_ms"), [(0.9, 300), (0.5, 300), (0.1, 500), (0.02, 900), (0.0, 900)])
def test_the_surer_the_model_the_sooner_the_end(probability, wait_ms):
    assert end_wait_ms(turn({SAID: probability})) == pytest.approx(wait_ms, abs=20)


@pytest.mark.parametrize("answer", [None, RuntimeError("no model")])
def test_without_a_judgement_the_last_word_decides(answer):
    rig = turn({"play": answer, SAID: answer})
    assert end_wait_ms(rig) == pytest.approx(500, abs=20)
    assert rig.of(ErrorOccurred) == []
    assert rig.chat.judged == ["play"], "asked once more although it cannot say"


@pytest.mark.parametrize("error", PASSING)
def test_a_judge_that_cannot_answer_once_is_asked_again(error):
    rig = turn({"play": error, SAID: 0.9})
    assert rig.chat.judged[0] == "play" and rig.chat.judged[-1] == SAID
    assert end_wait_ms(rig) == pytest.approx(300, abs=20)


def test_a_judge_that_is_slow_is_asked_only_about_the_latest_words():
    said = "play me some of that jazz"
    rig = turn({said: 0.9}, said=said, judge_ms=400.0)
    assert rig.chat.judged == ["play", "play me some", said]


def test_a_session_asks_only_a_model_that_can_judge():
    rig = turn({SAID: 0.9}, model_judges_end=None)
    assert rig.chat.judged == []
    assert end_wait_ms(rig) == pytest.approx(500, abs=20)


def test_words_that_go_on_are_judged_anew():
    rig = Rig(["Yes."], ["No."], heard=["play some", "play some jazz"], turn=TURN, model_judges_end=True)
    rig.chat.ends = {"play some": 0.1, SAID: 0.9}
    rig.say(400)
    rig.quiet(400)
    rig.say(500)
    rig.quiet(2000)
    assert [event.text for event in rig.of(TranscriptCompleted)] == [SAID]
    assert rig.of(SpeechStopped)[0].time_ms == pytest.approx(1300 + 300, abs=40)
