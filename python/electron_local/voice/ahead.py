"""What the model is told of a turn before it has ended: words to judge, or words to read."""

from __future__ import annotations

from dataclasses import dataclass

from electron_local.voice.early_reading import EarlyReader
from electron_local.voice.judging import Judge, Judged
from electron_local.voice.ledger import TurnLedger
from electron_local.voice.prefill import Prefilled


@dataclass
class Ahead:
    """Owned by the conversation thread. Judging reads as well: with a judge the reader has nothing to do."""

    judge: Judge | None
    reader: EarlyReader | None

    def begin(self) -> None:
        """A turn begins."""
        if self.reader is not None:
            self.reader.begin()

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

    def end(self, ledger: TurnLedger) -> TurnLedger:
        """The turn has ended; `ledger` with what was read of it."""
        if self.reader is None:
            return ledger
        self.reader.stop()
        return self.reader.noted(ledger)

    def take(self, done: Judged | Prefilled) -> bool:
        """An answer came; False when reading failed, for good."""
        if isinstance(done, Judged):
            if self.judge is not None:
                self.judge.take(done)
        elif done.error is not None:
            could_read, self.reader = self.reader is not None, None
            return not could_read
        elif self.reader is not None:
            self.reader.take(done)
        return True
