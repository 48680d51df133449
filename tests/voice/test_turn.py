"""The turn machine, driven by scripts of (time, event)."""

from __future__ import annotations

import random

import pytest

from electron_local.errors import InvalidArgumentError
from electron_local.voice.turn import step
from electron_local.voice.turn_settings import BargeIn, EndOfTurn, TurnSettings
from electron_local.voice.turn_types import (
    AcceptTurn,
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
    TimePassed,
    TurnEvent,
    TurnState,
    TurnTranscribed,
)

SETTINGS = TurnSettings(
    EndOfTurn(soft_end_ms=None, finished_end_ms=400, hard_end_ms=800, min_speech_ms=100),
    BargeIn(window_ms=600, min_speech_ms=250),
)
IDLE = TurnState()
RESPONDING = TurnState(responding=True)


def play(
    state: TurnState, *script: tuple[float, TurnEvent], settings: TurnSettings = SETTINGS
) -> tuple[TurnState, list[Action]]:
    actions: list[Action] = []
    for time_ms, event in script:
        state, more = step(state, event, time_ms, settings)
        actions += more
    return state, actions


def test_a_plain_turn_begins_ends_and_is_accepted():
    state, actions = play(
        IDLE,
        (100, SpeechBegan(40)),
        (700, PartialHeard("play some jazz")),
        (1100, SpeechPaused(1040)),
        (1439, TimePassed()),
        (1440, TimePassed()),
        (1440, TurnTranscribed("play some jazz")),
    )
    assert actions == [BeginTurn(40), EndTurn(1040), AcceptTurn("play some jazz")]
    assert state == RESPONDING


@pytest.mark.parametrize(("partial", "end_ms"), [("turn on", 800), ("", 800), ("turn it up", 400)])
def test_a_turn_that_sounds_finished_ends_sooner(partial, end_ms):
    script = [(0, SpeechBegan(0)), (500, PartialHeard(partial)), (1000, SpeechPaused(1000))]
    _, before = play(IDLE, *script, (1000 + end_ms - 1, TimePassed()))
    _, after = play(IDLE, *script, (1000 + end_ms, TimePassed()))
    assert before == [BeginTurn(0)]
    assert after == [BeginTurn(0), EndTurn(1000)]


def test_speech_after_a_short_pause_continues_the_turn():
    state, actions = play(
        IDLE,
        (0, SpeechBegan(0)),
        (300, PartialHeard("call anna")),
        (500, SpeechPaused(500)),
        (800, SpeechBegan(800)),
        (1300, TimePassed()),
        (1400, SpeechPaused(1400)),
        (1799, TimePassed()),
    )
    assert actions == [BeginTurn(0)]
    assert state.spoken_ms == 500 + 600
    assert state.phase is Phase.PAUSE


@pytest.mark.parametrize(("spoken_ms", "text"), [(500, ""), (500, " . "), (99, "the")])
def test_noise_is_rejected(spoken_ms, text):
    state, actions = play(
        IDLE,
        (0, SpeechBegan(0)),
        (spoken_ms, SpeechPaused(spoken_ms)),
        (2000, TimePassed()),
        (2000, TurnTranscribed(text)),
    )
    assert actions == [BeginTurn(0), EndTurn(spoken_ms), RejectTurn()]
    assert state == IDLE


def test_speech_over_a_response_holds_it_at_once():
    state, actions = play(RESPONDING, (160, SpeechBegan(100)))
    assert actions == [HoldOutput(), BeginTurn(100)]
    assert state.undecided


def test_words_interrupt_before_the_window_ends():
    state, actions = play(
        RESPONDING,
        (60, SpeechBegan(0)),
        (200, PartialHeard("no wait")),
        (249, TimePassed()),
        (250, TimePassed()),
        (260, PartialHeard("no wait please")),
    )
    assert actions == [HoldOutput(), BeginTurn(0), InterruptResponse()]
    assert (state.phase, state.responding, state.undecided) == (Phase.SPEECH, False, False)


def test_one_word_interrupts_when_the_window_ends():
    script = [(60, SpeechBegan(0)), (300, PartialHeard("stop"))]
    _, before = play(RESPONDING, *script, (599, TimePassed()))
    _, after = play(RESPONDING, *script, (600, TimePassed()))
    assert InterruptResponse() not in before
    assert after[-1] == InterruptResponse()


def test_an_interrupting_turn_ends_like_any_other():
    _, actions = play(
        RESPONDING,
        (60, SpeechBegan(0)),
        (400, PartialHeard("stop the music")),
        (700, SpeechPaused(640)),
        (1040, TimePassed()),
        (1040, TurnTranscribed("stop the music")),
    )
    assert actions[2:] == [InterruptResponse(), EndTurn(640), AcceptTurn("stop the music")]


def test_long_speech_without_words_interrupts_when_the_window_ends():
    _, before = play(RESPONDING, (60, SpeechBegan(0)), (599, TimePassed()))
    _, after = play(RESPONDING, (60, SpeechBegan(0)), (600, TimePassed()))
    assert InterruptResponse() not in before
    assert after[-1] == InterruptResponse()


@pytest.mark.parametrize("final", ["yeah", "", "uh huh", "Okay."])
def test_a_backchannel_resumes(final):
    state, actions = play(
        RESPONDING,
        (60, SpeechBegan(0)),
        (250, PartialHeard(final)),
        (400, SpeechPaused(340)),
        (599, TimePassed()),
        (600, TimePassed()),
        (600, TurnTranscribed(final)),
    )
    assert actions == [HoldOutput(), BeginTurn(0), EndTurn(340), RejectTurn(), ResumeOutput()]
    assert state == RESPONDING


def test_a_short_word_is_judged_by_its_final_transcript():
    state, actions = play(
        RESPONDING,
        (60, SpeechBegan(0)),
        (300, SpeechPaused(240)),
        (600, TimePassed()),
        (600, TurnTranscribed("stop")),
    )
    assert actions[-3:] == [EndTurn(240), InterruptResponse(), AcceptTurn("stop")]
    assert state == RESPONDING


def test_a_click_over_a_response_resumes_whatever_it_was_taken_for():
    _, actions = play(
        RESPONDING, (60, SpeechBegan(0)), (140, SpeechPaused(80)), (600, TimePassed()), (600, TurnTranscribed("eight"))
    )
    assert actions[-2:] == [RejectTurn(), ResumeOutput()]


def test_a_gap_between_two_words_does_not_decide_a_barge_in():
    gap = [(60, SpeechBegan(0)), (520, PartialHeard("stop")), (590, SpeechPaused(500))]
    assert play(RESPONDING, *gap, (610, TimePassed()))[1][-1] == InterruptResponse()
    long_gap = [(60, SpeechBegan(0)), (390, PartialHeard("stop")), (460, SpeechPaused(380))]
    assert play(RESPONDING, *long_gap, (610, TimePassed()))[1][-1] == EndTurn(380)


def test_a_response_that_ends_while_held_leaves_a_plain_turn():
    _, actions = play(
        RESPONDING,
        (60, SpeechBegan(0)),
        (100, ResponseEnded()),
        (300, SpeechPaused(240)),
        (1039, TimePassed()),
        (1040, TimePassed()),
        (1040, TurnTranscribed("yeah")),
    )
    assert actions == [HoldOutput(), BeginTurn(0), EndTurn(240), AcceptTurn("yeah")]


def test_a_response_that_starts_inside_a_turn_gives_way_to_it():
    _, actions = play(
        IDLE,
        (0, SpeechBegan(0)),
        (100, ResponseBegan()),
        (500, SpeechPaused(500)),
        (1300, TimePassed()),
        (1300, TurnTranscribed("hello")),
    )
    assert actions == [BeginTurn(0), HoldOutput(), EndTurn(500), InterruptResponse(), AcceptTurn("hello")]


def test_speech_during_transcription_waits_and_then_barges_in():
    state, actions = play(
        IDLE,
        (0, SpeechBegan(0)),
        (500, SpeechPaused(500)),
        (1300, TimePassed()),
        (1400, SpeechBegan(1350)),
        (1450, TurnTranscribed("hello")),
    )
    assert actions[2:] == [AcceptTurn("hello"), HoldOutput(), BeginTurn(1350)]
    assert state.undecided


def test_speech_that_came_and_went_during_transcription_is_a_turn_too():
    state, actions = play(
        IDLE,
        (0, SpeechBegan(0)),
        (500, SpeechPaused(500)),
        (1300, TimePassed()),
        (1400, SpeechBegan(1350)),
        (1600, SpeechPaused(1550)),
        (1650, TurnTranscribed("")),
        (2350, TimePassed()),
    )
    assert actions[2:] == [RejectTurn(), BeginTurn(1350), EndTurn(1550)]
    assert state.spoken_ms == 200


def test_settings_out_of_range_raise():
    with pytest.raises(InvalidArgumentError, match=r"soft_end_ms.*900.*800"):
        EndOfTurn(finished_end_ms=900, hard_end_ms=800)
    with pytest.raises(InvalidArgumentError, match=r"min_speech_ms.*700 and 600"):
        BargeIn(min_speech_ms=700)


@pytest.mark.parametrize("seed", range(50))
def test_any_script_keeps_turns_and_holds_in_pairs(seed):
    """Whatever comes: one turn is open at once, every end answers a begin, every hold is released."""
    rng = random.Random(seed)
    state, is_open, is_held, time_ms = IDLE, False, False, 0.0
    for _ in range(400):
        time_ms += rng.choice([0, 20, 150, 700])
        text = rng.choice(["", "yeah", "yeah but no", "play the", "stop it"])
        about_speech = [SpeechBegan(time_ms), SpeechPaused(time_ms), PartialHeard(text), TurnTranscribed(text)]
        event = rng.choice([*about_speech, ResponseBegan(), ResponseEnded(), TimePassed(), TimePassed()])
        state, actions = step(state, event, time_ms, SETTINGS)
        is_held &= not isinstance(event, ResponseEnded)
        for action in actions:
            match action:
                case BeginTurn():
                    assert not is_open
                    is_open = True
                case EndTurn():
                    assert is_open
                case AcceptTurn() | RejectTurn():
                    assert is_open
                    is_open = False
                case HoldOutput():
                    assert not is_held
                    is_held = True
                case ResumeOutput() | InterruptResponse():
                    is_held = False
        assert is_held == (state.undecided or state.holding)
        assert is_open == (state.phase in (Phase.SPEECH, Phase.PAUSE, Phase.TRANSCRIBING))
