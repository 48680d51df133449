"""What models are told of a turn before it has ended: words to judge or to read, and how they sound."""

from __future__ import annotations

from dataclasses import dataclass

from electron_local.voice.choosing import Chosen, WordChooser
from electron_local.voice.early_reading import EarlyReader
from electron_local.voice.history_limit import may_pass
from electron_local.voice.judging import Judge, Judged
from electron_local.voice.ledger import TurnLedger
from electron_local.voice.listener import Listener
from electron_local.voice.listening_judge import Heard, ListeningJudge
from electron_local.voice.prefill import Prefilled
from electron_local.voice.recognition import Recognized
from electron_local.voice.turn_types import EndHeard, EndJudged, TurnEvent, TurnState


@dataclass
class Ahead:
    """Owned by the conversation thread. Judging reads as well: with a judge the reader has nothing to do."""

    judge: Judge | None
    reader: EarlyReader | None
    ears: ListeningJudge | None = None
    chooser: WordChooser | None = None

    def begin(self) -> None:
        """A turn begins."""
        if self.reader is not None:
            self.reader.begin()
        if self.chooser is not None:
            self.chooser.begin()

    def hear(self, text: str) -> None:
        """The user has said `text` so far."""
        if self.judge is not None and self.judge.is_able:
            self.judge.consider(text)
        elif self.reader is not None:
            self.reader.hear(text)

    def hear_whole(self, text: str) -> None:
        """The user has said `text`, and may have finished; the model is asked to answer next."""
        if self.judge is not None:
            self.judge.consider(text)
        if self.reader is not None:
            self.reader.stop()

    def settle(self, heard: Recognized) -> Recognized | None:
        """A whole transcript with its words chosen; None: `chosen` gives it later."""
        return heard if self.chooser is None else self.chooser.settle(heard)

    def chosen(self, answer: Chosen) -> list[Recognized]:
        """A choice came: the transcripts that waited for it."""
        return [] if self.chooser is None else self.chooser.take(answer)

    @property
    def next_wake_ms(self) -> float | None:
        """When `overdue` has transcripts to give back; None: none waits."""
        return None if self.chooser is None or not self.chooser.holds else self.chooser.due_ms

    def overdue(self) -> list[Recognized]:
        """The transcripts that have waited too long for a choice."""
        return [] if self.chooser is None else self.chooser.overdue()

    def forget(self) -> None:
        """The response thread hung and was left behind: what it was asked gets no answer."""
        for asker in (self.judge, self.reader, self.chooser):
            if asker is not None:
                asker.forget()

    def noted(self, ledger: TurnLedger) -> TurnLedger:
        """The transcript is final; `ledger` with what choosing its words took."""
        return ledger if self.chooser is None else self.chooser.noted(ledger)

    def listen(self, turn: TurnState, listener: Listener) -> None:
        """Audio came, and `turn` is the state since."""
        if self.ears is not None:
            self.ears.consider(turn, listener)

    def end(self, ledger: TurnLedger) -> TurnLedger:
        """The turn has ended; `ledger` with what was read of it."""
        if self.reader is None:
            return ledger
        self.reader.stop()
        return self.reader.noted(ledger)

    def judged(self, answer: Judged | Heard) -> TurnEvent | None:
        """An answer came: what the turn machine is told of it."""
        if isinstance(answer, Judged):
            if self.judge is not None:
                self.judge.take(answer)
            return None if answer.probability is None else EndJudged(answer.text, answer.probability)
        if self.ears is not None:
            self.ears.take(answer)
        return None if answer.probability is None else EndHeard(answer.pause_start_ms, answer.probability)

    def take(self, done: Prefilled) -> bool:
        """A reading ended; False when it failed, for good."""
        if done.error is not None and not may_pass(done.error):
            could_read, self.reader = self.reader is not None, None
            return not could_read
        elif self.reader is not None:
            self.reader.take(done)
        return True
