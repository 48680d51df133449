"""The turn machine's work ahead of the end of a turn."""

from __future__ import annotations

import random

import pytest
from test_turn import play as play_with

from electron_local.errors import InvalidArgumentError
from electron_local.voice.turn import step
from electron_local.voice.turn_settings import EndOfTurn, TurnSettings
from electron_local.voice.turn_types import (
    AcceptTurn,
    BeginTurn,
    DropAhead,
    EndHeard,
    EndJudged,
    EndTurn,
    HoldOutput,
    PartialHeard,
    Phase,
    RejectTurn,
    RespondAhead,
    ResponseBegan,
    SpeechBegan,
    SpeechPaused,
    TimePassed,
    TranscribeAhead,
    TranscribedAhead,
    TurnState,
    TurnTranscribed,
)

SETTINGS = TurnSettings(
    EndOfTurn(soft_end_ms=200, sure_end_ms=300, finished_end_ms=400, hard_end_ms=800, min_speech_ms=100)
)
SAID = [(0, SpeechBegan(0)), (900, PartialHeard("said a timer")), (1060, SpeechPaused(1000))]
PEEKED = [*SAID, (1200, TimePassed())]


def play(*script):
    return play_with(TurnState(), *script, settings=SETTINGS)


def test_the_soft_end_asks_for_the_transcript_and_then_for_the_reply_once():
    _, actions = play(*PEEKED, (1210, TimePassed()), (1220, TranscribedAhead("set a timer")), (1240, TimePassed()))
    assert actions == [BeginTurn(0), TranscribeAhead(), RespondAhead("set a timer")]


def test_the_end_accepts_what_was_answered_ahead():
    _, actions = play(
        *PEEKED, (1220, TranscribedAhead("set a timer")), (1400, TimePassed()), (1400, TurnTranscribed("set a timer"))
    )
    assert actions[3:] == [EndTurn(1000), AcceptTurn("set a timer")]


def test_more_speech_drops_what_was_made_and_a_second_pause_begins_anew():
    _, actions = play(
        *PEEKED,
        (1220, TranscribedAhead("set a timer")),
        (1360, SpeechBegan(1300)),
        (1700, SpeechPaused(1640)),
        (1840, TimePassed()),
    )
    assert actions[3:] == [DropAhead(), TranscribeAhead()]


def test_an_answer_that_comes_after_more_speech_means_nothing():
    _, actions = play(*PEEKED, (1260, SpeechBegan(1220)), (1270, TranscribedAhead("set a timer")))
    assert actions[2:] == [DropAhead()]


def test_no_reply_is_made_ahead_while_a_response_is_in_flight():
    _, actions = play(*PEEKED, (1210, ResponseBegan()), (1220, TranscribedAhead("set a timer")))
    assert actions[1:] == [TranscribeAhead(), HoldOutput()]


def test_a_transcript_that_turns_out_unfinished_waits_for_the_hard_end():
    _, actions = play(*PEEKED, (1220, TranscribedAhead("set a")), (1799, TimePassed()), (1800, TimePassed()))
    assert actions[2:] == [EndTurn(1000)]


def test_too_little_speech_is_not_answered_ahead():
    _, actions = play(
        (0, SpeechBegan(0)),
        (80, PartialHeard("stop")),
        (90, SpeechPaused(90)),
        (300, TimePassed()),
        (310, TranscribedAhead("stop")),
    )
    assert actions == [BeginTurn(0), TranscribeAhead()]


def test_without_a_soft_end_nothing_is_made_ahead():
    off = TurnSettings(EndOfTurn(soft_end_ms=None, finished_end_ms=400, hard_end_ms=800))
    _, actions = play_with(TurnState(), *PEEKED, settings=off)
    assert actions == [BeginTurn(0)]


def test_a_soft_end_behind_the_others_raises():
    with pytest.raises(InvalidArgumentError, match="soft_end_ms"):
        EndOfTurn(soft_end_ms=600, finished_end_ms=500)


@pytest.mark.parametrize("seed", range(30))
def test_whatever_comes_a_reply_is_held_only_inside_a_pause_of_a_turn(seed):
    rng = random.Random(seed)
    state, held, time_ms = TurnState(), False, 0.0
    for _ in range(400):
        time_ms += rng.choice([0, 20, 150, 700])
        text = rng.choice(["", "yeah", "play the", "stop it"])
        about_text = [PartialHeard(text), TranscribedAhead(text), TurnTranscribed(text)]
        event = rng.choice([SpeechBegan(time_ms), SpeechPaused(time_ms), *about_text, TimePassed(), TimePassed()])
        state, actions = step(state, event, time_ms, SETTINGS)
        for action in actions:
            if isinstance(action, RespondAhead):
                assert not held and state.phase is Phase.PAUSE and not state.responding
                held = True
            elif isinstance(action, DropAhead | AcceptTurn | RejectTurn):
                held = False
        assert not held or state.phase in (Phase.PAUSE, Phase.TRANSCRIBING)


@pytest.mark.parametrize(("probability", "end_ms"), [(1.0, 1300), (0.9, 1300), (0.1, 1400), (0.01, 1800), (0.0, 1800)])
def test_a_judged_turn_ends_by_its_probability(probability, end_ms):
    script = [*SAID, (1070, EndJudged("said a timer", probability))]
    _, before = play(*script, (end_ms - 1, TimePassed()))
    _, after = play(*script, (end_ms, TimePassed()))
    assert EndTurn(1000) not in before
    assert EndTurn(1000) in after


def test_a_judgement_of_other_words_means_nothing():
    state, _ = play(*SAID, (1070, EndJudged("said a", 1.0)))
    assert state.end_probability is None
    state, _ = play(*SAID, (1070, EndJudged("said a timer", 1.0)), (1080, PartialHeard("said a timer for")))
    assert state.end_probability is None


@pytest.mark.parametrize(
    ("first", "second", "end_ms"),
    [(0.9, 1.0, 1300), (0.8, 1.0, 1300), (0.9, 0.1, 1400), (0.1, 0.9, 1400), (None, 0.9, 1300)],
)
def test_the_mean_of_two_judgements_counts_where_the_words_change(first, second, end_ms):
    judged = [] if first is None else [(1070, EndJudged("said a timer", first))]
    script = [*SAID, *judged, (1200, TimePassed()), (1205, TranscribedAhead("set a timer"))]
    script.append((1210, EndJudged("set a timer", second)))
    assert EndTurn(1000) not in play(*script, (end_ms - 1, TimePassed()))[1]
    assert EndTurn(1000) in play(*script, (end_ms, TimePassed()))[1]
    spoken_again = (1220, SpeechBegan(1215)), (1300, PartialHeard("set a timer for")), (1400, SpeechPaused(1390))
    state, _ = play(*script[:-1], *spoken_again, (1410, EndJudged("set a timer for", 0.95)))
    assert state.end_probability == 0.95


@pytest.mark.parametrize(
    ("probability", "early_ms"), [(1.0, 1100), (0.5, 1100), (0.1, 1400), (None, 1400), (0.01, None)]
)
def test_the_reply_is_made_at_once_only_where_the_end_may_be_near(probability, early_ms):
    patient = TurnSettings(EndOfTurn(soft_end_ms=100, sure_end_ms=200, finished_end_ms=700, hard_end_ms=900))
    judged = [] if probability is None else [(1070, EndJudged("said a timer", probability))]
    for at_ms in (1080, 1100, 1390, 1400, 1690, 1700, 1899):
        _, actions = play_with(TurnState(), *SAID, *judged, (at_ms, TimePassed()), settings=patient)
        is_early = early_ms is not None and at_ms >= early_ms and EndTurn(1000) not in actions
        assert (TranscribeAhead() in actions) is is_early


def test_a_turn_does_not_end_in_what_sounds_like_speech():
    _, actions = play(*SAID, (1500, TimePassed(voiced=True)))
    assert actions == [BeginTurn(0)]
    _, actions = play(*SAID, (1500, TimePassed(voiced=True)), (1520, TimePassed()))
    assert actions == [BeginTurn(0), EndTurn(1000)]


@pytest.mark.parametrize(
    ("words", "sound", "wait_ms"),
    [
        (None, 0.9, 300),
        (None, 0.5, 300),
        (None, 0.4, 800),
        (0.9, 0.9, 300),
        (0.9, 0.1, 400),
        (0.1, 0.9, 300),
        (0.1, 0.1, 800),
        (0.0, 0.9, 400),
        (0.0, 0.1, 800),
    ],
)
def test_how_the_speech_sounds_moves_the_end_by_a_step(words, sound, wait_ms):
    judged = [] if words is None else [(1070, EndJudged("said a timer", words))]
    script = [*SAID, *judged, (1250, EndHeard(1000, sound))]
    state, actions = play(*script, (999 + wait_ms, TimePassed()))
    assert state.phase is Phase.PAUSE
    state, actions = play(*script, (1000 + wait_ms, TimePassed()))
    assert (state.phase, actions[-1]) == (Phase.TRANSCRIBING, EndTurn(1000))


def test_an_unfinished_last_word_waits_longer_even_where_the_speech_sounds_finished():
    said = [
        (0, SpeechBegan(0)),
        (900, PartialHeard("set the")),
        (1060, SpeechPaused(1000)),
        (1250, EndHeard(1000, 1.0)),
    ]
    assert play(*said, (1399, TimePassed()))[0].phase is Phase.PAUSE
    assert play(*said, (1400, TimePassed()))[0].phase is Phase.TRANSCRIBING


def test_what_was_heard_of_another_pause_counts_no_more():
    resumed = [*SAID, (1250, EndHeard(1000, 0.9)), (1260, SpeechBegan(1250)), (1560, SpeechPaused(1500))]
    for late in ([], [(1570, EndHeard(1000, 0.9))]):
        assert play(*resumed, *late, (1899, TimePassed()))[0].phase is Phase.PAUSE
        assert play(*resumed, *late, (1900, TimePassed()))[0].phase is Phase.TRANSCRIBING
    assert play((0, EndHeard(0, 0.9)))[0] == TurnState()


def test_settings_of_listening_are_checked():
    for wrong in ({"complete": 1.5}, {"listen_ms": -1}):
        with pytest.raises(InvalidArgumentError, match="complete must be from 0 to 1 and listen_ms at least 0"):
            EndOfTurn(**wrong)
