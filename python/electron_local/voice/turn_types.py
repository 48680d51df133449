"""The vocabulary of the turn machine: state, events that come in, actions that go out.

All times are milliseconds of the audio stream.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto


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
        holding: that response was asked for during this turn and is held until the turn is over.
        start_ms: onset of the turn.
        run_start_ms: onset of the speech that goes on now.
        spoken_ms: speech of the turn before that.
        pause_start_ms: since when it is silent, in PAUSE and TRANSCRIBING; in TALK_OVER too, where None is speech.
        partial: the transcript so far.
        end_probability: the language model's, that `partial` is a whole request; None: not judged.
        first_probability: its judgement of this pause before the whole transcript came with other words; None: none.
        sound_probability: of a model that hears the speech, that the turn ended with this pause; None: not judged.
        ahead: the soft end of this pause is over: the transcript was asked for, and the reply to it may be held.
        waiting_ms: onset of speech that began while TRANSCRIBING.
        waiting_pause_ms: where that speech paused, None while it goes on.
    """

    phase: Phase = Phase.IDLE
    responding: bool = False
    undecided: bool = False
    holding: bool = False
    start_ms: float = 0.0
    run_start_ms: float = 0.0
    spoken_ms: float = 0.0
    pause_start_ms: float | None = None
    partial: str = ""
    end_probability: float | None = None
    first_probability: float | None = None
    sound_probability: float | None = None
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
    """The language model's probability that `text` is a whole request."""

    text: str
    probability: float


@dataclass(frozen=True)
class EndHeard:
    """The probability that the turn ended with the pause since `pause_start_ms`, by a model that hears the speech."""

    pause_start_ms: float
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
    | EndHeard
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
