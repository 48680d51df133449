"""The turn machine while speech goes on that was judged a backchannel, and while a response waits for a turn."""

from __future__ import annotations

import pytest
from test_turn import IDLE, RESPONDING, play

from electron_local.voice.turn_types import (
    Action,
    BeginTurn,
    EndTurn,
    HoldOutput,
    InterruptResponse,
    PartialHeard,
    Phase,
    RejectTurn,
    ResponseBegan,
    ResponseEnded,
    ResumeOutput,
    SpeechBegan,
    SpeechPaused,
    StopRecognizing,
    TimePassed,
    TurnState,
    TurnTranscribed,
)


def talk_over() -> tuple[TurnState, list[Action]]:
    return play(RESPONDING, (60, SpeechBegan(0)), (300, PartialHeard("yeah")), (600, TimePassed()))


def test_a_long_backchannel_resumes_within_the_window():
    state, actions = talk_over()
    assert actions[2:] == [RejectTurn(audio_end_ms=600), ResumeOutput()]
    assert state.phase is Phase.TALK_OVER
    state, actions = play(state, (800, SpeechPaused(740)))
    assert (state.phase, actions) == (Phase.TALK_OVER, [])
    assert play(state, (850, SpeechBegan(830)), (960, TimePassed()))[1] == []
    state, actions = play(state, (940, TimePassed()))
    assert (state, actions) == (RESPONDING, [StopRecognizing()])


def test_words_after_a_backchannel_still_interrupt():
    state, _ = talk_over()
    state, actions = play(state, (900, PartialHeard("yeah but wait")))
    assert actions == [InterruptResponse(), BeginTurn(0)]
    assert (state.phase, state.responding) == (Phase.SPEECH, False)


def test_speech_that_outlasts_the_response_becomes_a_turn():
    state, _ = talk_over()
    state, actions = play(state, (700, ResponseEnded()))
    assert actions == [BeginTurn(0)]
    assert state.phase is Phase.SPEECH


@pytest.mark.parametrize("event", [ResponseEnded(), PartialHeard("yeah but wait")])
def test_a_turn_that_begins_in_the_pause_of_a_backchannel_ends(event):
    state, actions = play(talk_over()[0], (800, SpeechPaused(740)), (850, event))
    assert actions[-1] == BeginTurn(0)
    assert (state.phase, state.spoken_ms, state.responding) == (Phase.PAUSE, 740, False)
    assert play(state, (1540, TimePassed()))[1] == [EndTurn(740)]
    assert play(state, (900, SpeechBegan(880)), (1540, TimePassed()))[1] == []


def test_a_response_that_starts_inside_a_noise_goes_on_behind_it():
    state, actions = play(
        IDLE,
        (0, SpeechBegan(0)),
        (500, SpeechPaused(500)),
        (600, ResponseBegan()),
        (700, SpeechBegan(700)),
        (900, SpeechPaused(900)),
        (1700, TimePassed()),
        (1700, TurnTranscribed("")),
    )
    assert actions == [BeginTurn(0), HoldOutput(), EndTurn(900), RejectTurn(), ResumeOutput()]
    assert state == RESPONDING


def test_a_response_stays_held_from_a_noise_to_the_speech_behind_it():
    state, actions = play(
        RESPONDING,
        (0, SpeechBegan(0)),
        (200, SpeechPaused(200)),
        (600, TimePassed()),
        (700, SpeechBegan(700)),
        (800, TurnTranscribed("uh")),
        (1000, PartialHeard("stop that")),
    )
    assert actions == [HoldOutput(), BeginTurn(0), EndTurn(200), RejectTurn(), BeginTurn(700), InterruptResponse()]
    assert not state.responding
