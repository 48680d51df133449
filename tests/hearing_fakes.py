"""Stand-ins for what listens in a voice session, on virtual time: voice activity and the recogniser.

Audio carries its own meaning: a sample of value v > 0 is speech, and its script says which words it holds.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from electron_local.speech.base import Alternative, Transcript
from virtual_time import VirtualRuntime

RATE = 16000
_VAD_STEP = 80


def silence(duration_ms: int) -> np.ndarray:
    return np.zeros(duration_ms * 16, np.float32)


def speech(duration_ms: int, level: float = 0.5) -> np.ndarray:
    return np.full(duration_ms * 16, level, np.float32)


@dataclass(frozen=True)
class FakeVadEvent:
    kind: str
    ms: float


class FakeVad:
    """Speech is any sample above zero, looked at every 5 ms; both edges are reported `delay_ms` late."""

    def __init__(self, delay_ms: float = 60.0) -> None:
        self._delay = int(delay_ms * 16)
        self._n = 0
        self._speaking = False
        self._edge: int | None = None
        self.last_probability = 0.0

    def push(self, samples: np.ndarray) -> list[FakeVadEvent]:
        events = []
        self.last_probability = float(samples[-1] > 0) if len(samples) else 0.0
        for loud in samples[::_VAD_STEP] > 0:
            if loud == self._speaking:
                self._edge = None
            elif self._edge is None:
                self._edge = self._n
            if self._edge is not None and self._n - self._edge >= self._delay:
                self._speaking = not self._speaking
                kind = "speech_started" if self._speaking else "speech_stopped"
                events.append(FakeVadEvent(kind, self._edge / 16))
                self._edge = None
            self._n += _VAD_STEP
        return events


@dataclass
class FakeRecognizer:
    """The n-th utterance is `scripts[n]`: its words appear one every `word_ms` of speech. An Exception is raised.

    `corrections`: what is heard instead of the first so many words, before more of them come. `alternatives`: what else
    an utterance may be, each a score of 1 behind the one before it.
    """

    scripts: list[Any]
    word_ms: int = 150
    runtime: VirtualRuntime | None = None
    finish_ms: float = 0.0
    feed_ms: float = 0.0
    sample_rate: int = RATE
    corrections: dict[int, str] = field(default_factory=dict)
    alternatives: dict[str, tuple[str, ...]] = field(default_factory=dict)
    n_streams: int = 0
    n_cancelled: int = 0

    def stream(self, *, language: str = "en") -> FakeRecognition:
        self.n_streams += 1
        return FakeRecognition(self, self.scripts.pop(0))


class FakeRecognition:
    def __init__(self, owner: FakeRecognizer, script: Any) -> None:
        self._owner = owner
        self._script = script
        self._n_speech = 0
        self._said = ""

    def feed(self, samples: np.ndarray) -> Transcript | None:
        if isinstance(self._script, Exception):
            raise self._script
        if self._owner.runtime is not None:
            self._owner.runtime.sleep(self._owner.feed_ms)
        self._n_speech += int((samples > 0).sum())
        n_words = self._n_speech // (self._owner.word_ms * 16)
        text = self._owner.corrections.get(n_words, " ".join(self._script.split()[:n_words]))
        if text == self._said:
            return None
        self._said = text
        return Transcript(text, is_final=False)

    def finish(self) -> Transcript:
        if self._owner.runtime is not None:
            self._owner.runtime.sleep(self._owner.finish_ms)
        others = self._owner.alternatives.get(self._script, ())
        texts = (self._script, *others) if others else ()
        alternatives = tuple(Alternative(text, -float(n)) for n, text in enumerate(texts))
        return Transcript(self._script, is_final=True, alternatives=alternatives)

    def cancel(self) -> None:
        self._owner.n_cancelled += 1
