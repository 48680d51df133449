"""When a turn is over, and when speech over a response interrupts it. Times are milliseconds of the audio stream."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

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
        lead_ms: where the end is not near, its reply is made so much before it, and not at the soft end. It should be
            what model and synthesiser take to the first audio: 600 for 0.6B parameters on two cores.
        min_speech_ms: a turn with less speech than this is noise.
        sure, hopeful, unsure: the language model's probability of the end (`chat.completions.end_of_turn`) from which
            on it is sure; from which on the soft end counts; up to which the hard end counts.
        listen_ms: silence after which a model that hears the speech is asked, where the session has one.
        complete: its probability from which on the end comes a step sooner (of hard, finished and sure), and below
            which it comes a step later.
    """

    soft_end_ms: float | None = 100.0
    sure_end_ms: float = 224.0
    finished_end_ms: float = 660.0
    hard_end_ms: float = 900.0
    lead_ms: float = 300.0
    min_speech_ms: float = 120.0
    sure: float = 0.84
    hopeful: float = 0.2
    unsure: float = 0.01
    listen_ms: float = 200.0
    complete: float = 0.5

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
        if not 0 <= self.complete <= 1 or self.listen_ms < 0:
            raise InvalidArgumentError(
                f"complete must be from 0 to 1 and listen_ms at least 0, got {self.complete} and {self.listen_ms}"
            )

    def judged_end_ms(self, probability: float) -> float:
        """Silence to wait for when the model gives the end this probability.

        >>> [EndOfTurn().judged_end_ms(p) for p in (0.0, 0.01, 0.5, 0.95)]
        [900.0, 900.0, 660.0, 224.0]
        """
        if probability >= self.sure:
            return self.sure_end_ms
        return self.finished_end_ms if probability > self.unsure else self.hard_end_ms

    def moved_end_ms(self, end_ms: float, probability: float) -> float:
        """Silence to wait for instead of `end_ms`, one of the three ends, when the speech itself sounds so complete.

        >>> [EndOfTurn().moved_end_ms(660.0, p) for p in (0.1, 0.9)], EndOfTurn().moved_end_ms(900.0, 0.9)
        ([900.0, 224.0], 660.0)
        """
        ends = (self.sure_end_ms, self.finished_end_ms, self.hard_end_ms)
        step = -1 if probability >= self.complete else 1
        return ends[min(max(ends.index(end_ms) + step, 0), len(ends) - 1)]

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
