"""Speech engines that need no weights: a tone for every letter, and a recogniser that counts."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from electron_local.audio.frame import AudioFrame
from electron_local.errors import InvalidArgumentError, SpeechEngineError
from electron_local.speech.base import Transcript, Word


@dataclass
class ToneSynthesizer:
    """10 ms of sound a character at 16 kHz; `fails_after` frames it raises."""

    sample_rate: int = 16000
    voices: tuple[str, ...] = ("wren", "quinn")
    fails_after: int | None = None
    calls: list[dict] = field(default_factory=list)

    def synthesize(self, text, *, voice=None, language="en", speed=1.0):
        if language != "en":
            raise InvalidArgumentError(f"the tone does not speak {language!r}")
        self.calls.append({"text": text, "voice": voice, "speed": speed})
        return self._frames(text)

    def _frames(self, text):
        n = self.sample_rate // 100
        tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(n) / self.sample_rate)
        for index in range(len(text)):
            if index == self.fails_after:
                raise SpeechEngineError("the tone broke")
            yield AudioFrame(tone.astype(np.float32), self.sample_rate, timestamp=index / 100)


@dataclass
class CountingRecognizer:
    """Says how many tenths of a second it heard; `text` says so instead."""

    sample_rate: int = 16000
    text: str | None = None
    n_open: int = 0

    def stream(self, *, language="en"):
        if language != "en":
            raise InvalidArgumentError(f"the counter does not understand {language!r}")
        self.n_open += 1
        return CountingStream(self)


class CountingStream:
    def __init__(self, owner):
        self._owner = owner
        self._n = 0
        self._is_open = True

    def feed(self, samples):
        before = self._n // 1600
        self._n += len(samples)
        return Transcript(f"heard {self._n // 1600}", False) if self._n // 1600 > before else None

    def finish(self):
        self.cancel()
        text = self._owner.text
        text = f"heard {self._n // 1600}" if text is None else text
        words = tuple(Word(word, 0.1 * i, 0.1 * i + 0.1) for i, word in enumerate(text.split()))
        return Transcript(text, True, words)

    def cancel(self):
        if self._is_open:
            self._is_open = False
            self._owner.n_open -= 1
