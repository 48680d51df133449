"""The language model chooses among what the recogniser may have heard, in virtual time."""

from __future__ import annotations

import pytest
from conversation_rig import LONG, PASSING, Rig

from electron_local.voice import EndOfTurn, TurnSettings
from electron_local.voice.events import ErrorOccurred, ResponseDone, TranscriptCompleted
from voice_fakes import Hang

HEARD, SAID = "pray some chess", "play some jazz"
TURN = TurnSettings(EndOfTurn(soft_end_ms=200, sure_end_ms=300, finished_end_ms=500, hard_end_ms=900))


def turn(likely, *, others=(SAID, "pray for chess"), heard=HEARD, **config) -> Rig:
    entries = []
    rig = Rig(
        ["Here it is."],
        ["More."],
        heard=[heard],
        ledger=entries.append,
        **{"model_chooses_words": True, "turn": TURN, **config},
    )
    rig.entries = entries
    rig.recognizer.alternatives = {heard: others} if others else {}
    rig.chat.likely = likely
    rig.say(1000)
    rig.quiet(2500)
    return rig


def texts(rig: Rig) -> list[str]:
    return [event.text for event in rig.of(TranscriptCompleted)]


def test_the_chosen_words_are_those_of_the_turn():
    rig = turn(SAID)
    assert texts(rig) == [SAID]
    assert rig.last_messages()[-1] == ("user", SAID)
    assert len(rig.chat.requests) == 1, "the reply made ahead was to other words"
    assert [entry["choice_changed"] for entry in rig.entries] == [True]
    assert rig.entries[0]["choice_ms"] == pytest.approx(5.0)


def test_the_model_is_asked_once_with_the_conversation_and_the_scores():
    rig = turn(SAID)
    (asked,) = rig.chat.choices
    assert (asked["texts"], asked["priors"]) == ([HEARD, SAID, "pray for chess"], [0.0, -1.0, -2.0])
    assert [message["role"] for message in asked["messages"]] == ["system", "user"]
    assert asked["messages"][-1]["content"] == HEARD


def test_without_a_soft_end_the_final_transcript_waits_for_the_choice():
    end = EndOfTurn(soft_end_ms=None, sure_end_ms=300, finished_end_ms=400, hard_end_ms=800)
    rig = turn(SAID, turn=TurnSettings(end))
    assert texts(rig) == [SAID]
    assert rig.entries[0]["recognition_ms"] == pytest.approx(5.0)


@pytest.mark.parametrize("likely", [None, RuntimeError("no model"), HEARD])
def test_the_first_words_stay_where_the_model_has_no_better(likely):
    rig = turn(likely)
    assert texts(rig) == [HEARD]
    assert rig.of(ErrorOccurred) == []
    assert rig.entries[0]["status"] == "completed"
    assert not rig.entries[0]["choice_changed"]


def test_a_model_that_cannot_choose_is_asked_no_more():
    rig = turn(None)
    rig.recognizer.scripts.append(HEARD)
    rig.say(1000)
    rig.quiet(2500)
    assert texts(rig) == [HEARD, HEARD]
    assert len(rig.chat.choices) == 1


@pytest.mark.parametrize("error", PASSING)
def test_a_model_that_cannot_answer_once_is_asked_again(error):
    rig = turn(error)
    rig.recognizer.scripts.append(HEARD)
    rig.chat.likely = SAID
    rig.say(1000)
    rig.quiet(2500)
    assert texts(rig) == [HEARD, SAID]


@pytest.mark.parametrize("config", [{"others": ()}, {"model_chooses_words": None}, {"model_chooses_words": False}])
def test_nothing_is_asked_without_alternatives_or_a_model_for_it(config):
    rig = turn(SAID, **config)
    assert rig.chat.choices == []
    assert texts(rig) == [HEARD]
    assert rig.entries[0]["choice_ms"] == 0.0


def turn_with_a_choice_of(duration_ms: float) -> Rig:
    rig = Rig(["Here it is."], heard=[HEARD], turn=TURN, model_chooses_words=True)
    rig.recognizer.alternatives = {HEARD: (SAID,)}
    rig.chat.likely, rig.chat.judge_ms = SAID, duration_ms
    rig.say(1000)
    rig.quiet(5000)
    return rig


def test_a_choice_that_is_slow_holds_both_transcripts():
    rig = turn_with_a_choice_of(1500.0)
    assert texts(rig) == [SAID]
    assert len(rig.chat.choices) == 1


def test_words_that_go_on_are_chosen_anew():
    rig = Rig(["Yes."], ["No."], heard=["pray some", "pray some chess now"], turn=TURN, model_chooses_words=True)
    rig.recognizer.alternatives = {"pray some": ("play some",), "pray some chess now": ("play some", SAID)}
    rig.chat.likely = "play some"
    rig.say(400)
    rig.quiet(400)
    rig.chat.likely = SAID
    rig.say(500)
    rig.quiet(2000)
    assert texts(rig) == [SAID]


def test_the_first_words_stay_where_the_choice_takes_too_long():
    assert texts(turn_with_a_choice_of(20_000.0)) == [HEARD]


def test_a_response_thread_that_hung_is_asked_again_once_it_is_replaced():
    said = ["tell me a story", "stop it", HEARD]
    config = {"turn": TURN, "model_chooses_words": True, "mute_timeout_s": 8.0}
    rig = Rig([LONG, Hang()], ["Stopped."], ["Here it is."], heard=said, **config)
    rig.recognizer.alternatives = {"stop it": ("stop at",), HEARD: (SAID,)}
    rig.chat.likely = SAID
    rig.say(1000)
    rig.quiet(3000)
    rig.say(1000)  # talks over a model that has hung since
    rig.quiet(15_000)
    rig.say(1000)
    rig.quiet(3000)
    assert texts(rig) == ["tell me a story", "stop it", SAID]
    assert [event.response.status for event in rig.of(ResponseDone)] == ["cancelled", "failed", "completed"]
