"""The vocabulary of the turn machine: settings, state, events that come in, actions that go out.

All times are milliseconds of the audio stream.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import Enum, auto

from electron_local.errors import InvalidArgumentError
from electron_local.voice.wording import BACKCHANNELS


@dataclass(frozen=True)
class EndOfTurn:
    """When a turn is over. `bench/end_of_turn.py` says what these cost and what they cut.

    Attributes:
        soft_end_ms: silence after which the reply to a transcript that may be whole is made, and held; None: no work
            ahead of the end.
        sure_end_ms: silence after which a turn ends if the language model is sure that it is finished.
        finished_end_ms: silence after which it ends if the model is not sure, or no model judged and its transcript
            sounds finished.
        hard_end_ms: silence after which it ends in any case.
        lead_ms: where the end is not near, its reply is made so much before it, and not at the soft end.
        min_speech_ms: a turn with less speech than this is noise.
        sure, hopeful, unsure: the model's probability of the end from which on it is sure; from which on the soft end
            counts; up to which the hard end counts.
    """

    soft_end_ms: float | None = 100.0
    sure_end_ms: float = 224.0
    finished_end_ms: float = 700.0
    hard_end_ms: float = 900.0
    lead_ms: float = 300.0
    min_speech_ms: float = 120.0
    sure: float = 0.4
    hopeful: float = 0.1
    unsure: float = 0.02

    def __post_init__(self) -> None:
        soft_end_ms = self.sure_end_ms if self.soft_end_ms is None else self.soft_end_ms
        if not 0 < soft_end_ms <= self.sure_end_ms <= self.finished_end_ms <= self.hard_end_ms:
            raise InvalidArgumentError(
                "0 < soft_end_ms <= sure_end_ms <= finished_end_ms <= hard_end_ms is needed, got "
                f"{self.soft_end_ms}, {self.sure_end_ms}, {self.finished_end_ms} and {self.hard_end_ms}"
            )
        if not 0 <= self.unsure <= self.hopeful <= self.sure <= 1:
            raise InvalidArgumentError(
                f"0 <= unsure <= hopeful <= sure <= 1 is needed, got {self.unsure}, {self.hopeful} and {self.sure}"
            )

    def judged_end_ms(self, probability: float) -> float:
        """Silence to wait for when the model gives the end this probability.

        >>> [EndOfTurn().judged_end_ms(p) for p in (0.0, 0.02, 0.1, 0.5)]
        [900.0, 900.0, 700.0, 224.0]
        """
        if probability >= self.sure:
            return self.sure_end_ms
        return self.finished_end_ms if probability > self.unsure else self.hard_end_ms

    def early_ms(self, end_ms: float, probability: float | None) -> float:
        """Silence after which the reply is made to a turn that ends at `end_ms`."""
        if self.soft_end_ms is None or end_ms >= self.hard_end_ms:
            return math.inf
        hopeful = probability is not None and probability >= self.hopeful
        return self.soft_end_ms if hopeful else max(self.soft_end_ms, end_ms - self.lead_ms)


@dataclass(frozen=True)
class BargeIn:
    """When speech over a response interrupts it.

    Attributes:
        window_ms: from the onset of speech to the decision; the output is held meanwhile.
        min_speech_ms: speech needed before its words may interrupt ahead of the window's end.
        min_words: words needed for that; partial transcripts of one word change too often.
        pause_ms: a shorter silence is part of the speech.
        backchannels: lower-case words that alone never interrupt.
    """

    window_ms: float = 600.0
    min_speech_ms: float = 250.0
    min_words: int = 2
    pause_ms: float = 200.0
    backchannels: frozenset[str] = BACKCHANNELS

    def __post_init__(self) -> None:
        if not 0 <= self.min_speech_ms <= self.window_ms:
            raise InvalidArgumentError(
                f"min_speech_ms must be from 0 to window_ms, got {self.min_speech_ms} and {self.window_ms}"
            )


@dataclass(frozen=True)
class TurnSettings:
    """End of turn and barge-in, set apart from each other."""

    end_of_turn: EndOfTurn = field(default_factory=EndOfTurn)
    barge_in: BargeIn = field(default_factory=BargeIn)


class Phase(Enum):
    """What the user does."""

    IDLE = auto()
    SPEECH = auto()
    PAUSE = auto()
    """Silence inside a turn that may go on."""
    TRANSCRIBING = auto()
    """The turn is over, its final transcript is awaited."""
    TALK_OVER = auto()
    """Speech goes on after it was judged a backchannel; new words may still interrupt."""


@dataclass(frozen=True)
class TurnState:
    """Everything the machine remembers.

    Attributes:
        responding: a response is in flight, or its tools run.
        undecided: speech over that response holds it and waits for a decision.
        start_ms: onset of the turn.
        run_start_ms: onset of the speech that goes on now.
        spoken_ms: speech of the turn before that.
        pause_start_ms: since when it is silent, in PAUSE and TRANSCRIBING; in TALK_OVER too, where None is speech.
        partial: the transcript so far.
        end_probability: the model's, that `partial` is a whole request; None: not judged.
        ahead: the soft end of this pause is over: the transcript was asked for, and the reply to it may be held.
        waiting_ms: onset of speech that began while TRANSCRIBING.
        waiting_pause_ms: where that speech paused, None while it goes on.
    """

    phase: Phase = Phase.IDLE
    responding: bool = False
    undecided: bool = False
    start_ms: float = 0.0
    run_start_ms: float = 0.0
    spoken_ms: float = 0.0
    pause_start_ms: float | None = None
    partial: str = ""
    end_probability: float | None = None
    ahead: bool = False
    waiting_ms: float | None = None
    waiting_pause_ms: float | None = None


@dataclass(frozen=True)
class SpeechBegan:
    """Voice activity from `at_ms` on."""

    at_ms: float


@dataclass(frozen=True)
class SpeechPaused:
    """No voice activity from `at_ms` on."""

    at_ms: float


@dataclass(frozen=True)
class PartialHeard:
    """The partial transcript changed to `text`."""

    text: str


@dataclass(frozen=True)
class EndJudged:
    """The model's probability that `text` is a whole request."""

    text: str
    probability: float


@dataclass(frozen=True)
class TranscribedAhead:
    """The answer to TranscribeAhead: what the final transcript would be if the turn ended here."""

    text: str


@dataclass(frozen=True)
class TurnTranscribed:
    """The answer to EndTurn: the final transcript, empty when nothing was understood."""

    text: str


@dataclass(frozen=True)
class ResponseBegan:
    """A response started that no turn asked for."""


@dataclass(frozen=True)
class ResponseEnded:
    """Nothing is in flight any more."""


@dataclass(frozen=True)
class TimePassed:
    """Audio arrived; `voiced`: its end sounds like speech, which may not be certain enough for SpeechBegan yet."""

    voiced: bool = False


TurnEvent = (
    SpeechBegan
    | SpeechPaused
    | PartialHeard
    | EndJudged
    | TranscribedAhead
    | TurnTranscribed
    | ResponseBegan
    | ResponseEnded
    | TimePassed
)


@dataclass(frozen=True)
class BeginTurn:
    """Announce a user item and recognise from `audio_start_ms` on (or go on recognising)."""

    audio_start_ms: float


@dataclass(frozen=True)
class TranscribeAhead:
    """Finish the transcript as if the turn were over; answer with TranscribedAhead."""


@dataclass(frozen=True)
class RespondAhead:
    """Make the reply to `text` and hold it: AcceptTurn of the same text lets it out."""

    text: str


@dataclass(frozen=True)
class DropAhead:
    """The turn goes on: drop the held reply, recognise on."""


@dataclass(frozen=True)
class EndTurn:
    """Announce the end of speech at `audio_end_ms`, finish the transcript, answer with TurnTranscribed."""

    audio_end_ms: float


@dataclass(frozen=True)
class AcceptTurn:
    """The user item is complete: respond to `text`."""

    text: str


@dataclass(frozen=True)
class RejectTurn:
    """The user item is incomplete: no response. With `audio_end_ms`, the end of speech was not announced yet and
    recognition goes on unannounced."""

    audio_end_ms: float | None = None


@dataclass(frozen=True)
class StopRecognizing:
    """Drop the speech that was recognised unannounced."""


@dataclass(frozen=True)
class HoldOutput:
    """Send no more of the response until told."""


@dataclass(frozen=True)
class ResumeOutput:
    """Go on sending the response."""


@dataclass(frozen=True)
class InterruptResponse:
    """Cancel the response, drop what was not sent, cut the history to what was played."""


Action = (
    BeginTurn
    | TranscribeAhead
    | RespondAhead
    | DropAhead
    | EndTurn
    | AcceptTurn
    | RejectTurn
    | StopRecognizing
    | HoldOutput
    | ResumeOutput
    | InterruptResponse
)
Step = tuple[TurnState, tuple[Action, ...]]
