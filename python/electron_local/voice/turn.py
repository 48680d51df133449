"""Turn-taking as a pure function: (state, event, time) → (state, actions). No clock, no I/O.

A turn: SpeechBegan → BeginTurn; silence long enough → EndTurn; TurnTranscribed → AcceptTurn or RejectTurn.
Ahead of its end: silence → TranscribeAhead; TranscribedAhead → RespondAhead; speech again → DropAhead.
Speech over a response: HoldOutput at once, then within `window_ms` of the onset InterruptResponse or ResumeOutput.
A response that begins during a turn: HoldOutput, then behind the turn's end InterruptResponse or ResumeOutput.
"""

from __future__ import annotations

from dataclasses import replace

from electron_local.voice.turn_settings import EndOfTurn, TurnSettings
from electron_local.voice.turn_types import (
    AcceptTurn,
    BeginTurn,
    DropAhead,
    EndHeard,
    EndJudged,
    EndTurn,
    HoldOutput,
    InterruptResponse,
    PartialHeard,
    Phase,
    RejectTurn,
    RespondAhead,
    ResponseBegan,
    ResponseEnded,
    ResumeOutput,
    SpeechBegan,
    SpeechPaused,
    Step,
    StopRecognizing,
    TimePassed,
    TranscribeAhead,
    TranscribedAhead,
    TurnEvent,
    TurnState,
    TurnTranscribed,
)
from electron_local.voice.wording import has_content, sounds_finished, words


def step(state: TurnState, event: TurnEvent, time_ms: float, settings: TurnSettings) -> Step:
    """The state after `event`, and what to do, in order. An event that means nothing in a state changes nothing.

    >>> state, actions = step(TurnState(), SpeechBegan(at_ms=40), 100, TurnSettings())
    >>> state.phase.name, actions
    ('SPEECH', (BeginTurn(audio_start_ms=40),))
    """
    taken: Step
    match event:
        case SpeechBegan(at_ms):
            taken = _speech_began(state, at_ms)
        case SpeechPaused(at_ms):
            taken = _speech_paused(state, at_ms)
        case PartialHeard(text):
            taken = _partial_heard(state, text, time_ms, settings)
        case EndJudged(text, probability):
            taken = _end_judged(state, text, probability), ()
        case EndHeard():
            taken = _end_heard(state, event), ()
        case TranscribedAhead(text):
            taken = _transcribed_ahead(state, text, settings)
        case TurnTranscribed(text):
            taken = _transcribed(state, text, settings)
        case ResponseBegan():
            taken = _response_began(state)
        case ResponseEnded():
            taken = _response_ended(state)
        case TimePassed(voiced):
            taken = _time_passed(state, time_ms, voiced, settings)
    return taken


def _speech_began(state: TurnState, at_ms: float) -> Step:
    if state.phase is Phase.IDLE:
        return _begin(state, at_ms)
    if state.phase is Phase.PAUSE:
        resumed = replace(state, phase=Phase.SPEECH, run_start_ms=at_ms, pause_start_ms=None)
        return replace(resumed, sound_probability=None, ahead=False), (DropAhead(),) if state.ahead else ()
    if state.phase is Phase.TRANSCRIBING:
        onset_ms = at_ms if state.waiting_ms is None else state.waiting_ms
        return replace(state, waiting_ms=onset_ms, waiting_pause_ms=None), ()
    return (replace(state, pause_start_ms=None) if state.phase is Phase.TALK_OVER else state), ()


def _begin(state: TurnState, at_ms: float) -> Step:
    began = TurnState(Phase.SPEECH, state.responding, undecided=state.responding, start_ms=at_ms, run_start_ms=at_ms)
    hold = (HoldOutput(),) if state.responding and not state.undecided else ()
    return began, (*hold, BeginTurn(at_ms))


def _speech_paused(state: TurnState, at_ms: float) -> Step:
    if state.phase is Phase.SPEECH:
        spoken_ms = state.spoken_ms + at_ms - state.run_start_ms
        return replace(state, phase=Phase.PAUSE, spoken_ms=spoken_ms, pause_start_ms=at_ms), ()
    if state.phase is Phase.TALK_OVER:
        return replace(state, pause_start_ms=at_ms), ()
    return replace(state, waiting_pause_ms=None if state.waiting_ms is None else at_ms), ()


def _partial_heard(state: TurnState, text: str, time_ms: float, settings: TurnSettings) -> Step:
    if state.phase in (Phase.IDLE, Phase.TRANSCRIBING):
        return state, ()
    state = _with_partial(state, text)
    if state.phase is Phase.TALK_OVER and has_content(text, settings.barge_in.backchannels):
        return _begin_again(state), (InterruptResponse(), BeginTurn(state.start_ms))
    return _decide(state, time_ms, settings) if state.undecided else (state, ())


def _time_passed(state: TurnState, time_ms: float, voiced: bool, settings: TurnSettings) -> Step:
    if state.undecided and state.phase in (Phase.SPEECH, Phase.PAUSE):
        return _decide(state, time_ms, settings)
    silent_ms = _silent_ms(state, time_ms)
    if state.phase is Phase.TALK_OVER and silent_ms >= settings.barge_in.pause_ms:
        return TurnState(responding=state.responding), (StopRecognizing(),)
    if state.phase is not Phase.PAUSE or voiced:
        return state, ()
    end = settings.end_of_turn
    end_ms = _end_ms(state, end)
    if silent_ms >= end_ms:
        return _end(state)
    if not state.responding and not state.ahead and silent_ms >= end.early_ms(end_ms, state.end_probability):
        return replace(state, ahead=True), (TranscribeAhead(),)
    return state, ()


def _end_judged(state: TurnState, text: str, probability: float) -> TurnState:
    """A pause is judged by each of its transcripts, and the mean counts: the words of the whole one are chosen for
    being likely, so that a few misheard words become a request sooner than more that are right."""
    if text != state.partial:
        return state
    first = state.first_probability
    return replace(state, end_probability=probability if first is None else (probability + first) / 2)


def _end_heard(state: TurnState, heard: EndHeard) -> TurnState:
    is_of_this_pause = state.phase is Phase.PAUSE and state.pause_start_ms == heard.pause_start_ms
    return replace(state, sound_probability=heard.probability) if is_of_this_pause else state


def _silent_ms(state: TurnState, time_ms: float) -> float:
    return 0.0 if state.pause_start_ms is None else time_ms - state.pause_start_ms


def _end(state: TurnState) -> Step:
    """The turn is over: it ended where its last pause began."""
    assert state.pause_start_ms is not None
    return replace(state, phase=Phase.TRANSCRIBING), (EndTurn(state.pause_start_ms),)


def _end_ms(state: TurnState, end: EndOfTurn) -> float:
    """Silence that ends the turn: as the language model judges it, and by the last word where none did; and sooner or
    later by how the speech sounds, where that was judged."""
    if state.end_probability is not None:
        end_ms = end.judged_end_ms(state.end_probability)
    else:
        end_ms = end.finished_end_ms if sounds_finished(state.partial) else end.hard_end_ms
    return end_ms if state.sound_probability is None else end.moved_end_ms(end_ms, state.sound_probability)


def _with_partial(state: TurnState, text: str) -> TurnState:
    if text == state.partial:
        return state
    return replace(state, partial=text, end_probability=None, first_probability=None)


def _transcribed_ahead(state: TurnState, text: str, settings: TurnSettings) -> Step:
    if state.phase is not Phase.PAUSE or not state.ahead:
        return state, ()
    is_long_enough = state.spoken_ms >= settings.end_of_turn.min_speech_ms
    answerable = sounds_finished(text) and is_long_enough and not state.responding
    heard = _with_partial(state, text)
    if heard.end_probability is None and state.end_probability is not None:
        heard = replace(heard, first_probability=state.end_probability)
    return heard, (RespondAhead(text),) if answerable else ()


def _decide(state: TurnState, time_ms: float, settings: TurnSettings) -> Step:
    """Words interrupt at once. At the window's end: a pause is judged by its final transcript, speech by its words."""
    barge_in = settings.barge_in
    speaking = state.phase is Phase.SPEECH or _silent_ms(state, time_ms) < barge_in.pause_ms
    spoken_ms = state.spoken_ms + (time_ms - state.run_start_ms if state.phase is Phase.SPEECH else 0.0)
    content = has_content(state.partial, barge_in.backchannels)
    window_over = time_ms - state.start_ms >= barge_in.window_ms
    if content and spoken_ms >= barge_in.min_speech_ms and len(words(state.partial)) >= barge_in.min_words:
        return _interrupt(state)
    if not window_over:
        return state, ()
    if not speaking:
        return _end(state)
    if content or not words(state.partial):
        return _interrupt(state)
    talking_over = replace(state, phase=Phase.TALK_OVER, undecided=False, ahead=False)
    return talking_over, (RejectTurn(audio_end_ms=time_ms), ResumeOutput())


def _interrupt(state: TurnState) -> Step:
    return replace(state, responding=False, undecided=False), (InterruptResponse(),)


def _transcribed(state: TurnState, text: str, settings: TurnSettings) -> Step:
    if state.phase is not Phase.TRANSCRIBING:
        return state, ()
    understood = has_content(text, settings.barge_in.backchannels) if state.undecided else bool(words(text))
    if understood and state.spoken_ms >= settings.end_of_turn.min_speech_ms:
        stop = (InterruptResponse(),) if state.responding else ()
        after, actions = TurnState(responding=True), (*stop, AcceptTurn(text))
    else:
        is_held, is_alone = state.undecided or state.holding, state.waiting_ms is None
        after = TurnState(responding=state.responding, undecided=is_held and not is_alone)
        actions = (RejectTurn(), ResumeOutput()) if is_held and is_alone else (RejectTurn(),)
    if state.waiting_ms is None:
        return after, actions
    after, more = _begin(after, state.waiting_ms)
    if state.waiting_pause_ms is not None:
        after, _ = _speech_paused(after, state.waiting_pause_ms)
    return after, (*actions, *more)


def _response_began(state: TurnState) -> Step:
    if state.phase is Phase.IDLE or state.responding:
        return replace(state, responding=True), ()
    return replace(state, responding=True, holding=True), (HoldOutput(),)


def _response_ended(state: TurnState) -> Step:
    state = replace(state, responding=False, undecided=False, holding=False)
    if state.phase is Phase.TALK_OVER:
        return _begin_again(state), (BeginTurn(state.start_ms),)
    return state, ()


def _begin_again(state: TurnState) -> TurnState:
    """What was a backchannel is a turn. Voice activity does not report once more a pause that it is in."""
    state = replace(state, phase=Phase.SPEECH, responding=False)
    if state.pause_start_ms is None:
        return state
    spoken_ms = state.pause_start_ms - state.run_start_ms
    return replace(state, phase=Phase.PAUSE, spoken_ms=spoken_ms)
