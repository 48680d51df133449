"""The ears of a session: voice activity detection on all audio, recognition while a turn is open."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from electron_local.voice.recognition import Then, Utterance, UtteranceWork
from electron_local.voice.worker import Worker

SAMPLE_RATE = 16000
_SAMPLES_PER_MS = SAMPLE_RATE / 1000
_PREROLL_MS = 250.0
_TAIL_MS = 8000.0
_VOICED = 0.5

Samples = npt.NDArray[np.float32]


def pieces(samples: Samples) -> Iterator[Samples]:
    """`samples` in parts of 20 ms, in which at most one thing begins or ends."""
    n = SAMPLE_RATE // 50
    return (samples[start : start + n] for start in range(0, len(samples), n))


class VoiceActivity(Protocol):
    """What `electron_local.Vad` does."""

    @property
    def last_probability(self) -> float:
        """Of speech, in the audio that came last."""

    def push(self, samples: Samples) -> Sequence[Any]:
        """Take audio, return events with `kind` (`speech_started`, `speech_stopped`) and `ms`."""


class Listener:
    """Owned by the conversation thread. `work` is the recogniser thread.

    Keeps the last 8 s of audio: for a turn whose start is known late, and for a model that hears how it ends.
    """

    def __init__(self, vad: VoiceActivity, work: Worker) -> None:
        self._vad = vad
        self._work = work
        self._tail: deque[Samples] = deque()
        self._n_tail = 0
        self._n_heard = 0
        self._utterance: Utterance | None = None
        self._finishing: Utterance | None = None

    @property
    def time_ms(self) -> float:
        """Audio heard since the start."""
        return self._n_heard / _SAMPLES_PER_MS

    @property
    def is_voiced(self) -> bool:
        """Whether the audio that came last sounds like speech."""
        return self._vad.last_probability >= _VOICED

    def hear(self, samples: Samples) -> Sequence[Any]:
        """Take a piece of audio; return what voice activity detection says."""
        self._n_heard += len(samples)
        self._tail.append(samples)
        self._n_tail += len(samples)
        while self._n_tail - len(self._tail[0]) > _TAIL_MS * _SAMPLES_PER_MS:
            self._n_tail -= len(self._tail.popleft())
        if self._utterance is not None:
            self._work.put(UtteranceWork(self._utterance, samples))
        return self._vad.push(samples)

    def open(self, at_ms: float) -> None:
        """Recognise from shortly before `at_ms` on, or go on with the recognition that runs."""
        if self._utterance is None:
            self._utterance = Utterance()
            self._work.put(UtteranceWork(self._utterance, self.since(at_ms)))

    def since(self, at_ms: float) -> Samples:
        """The audio from shortly before `at_ms` on, as far as it is kept."""
        n_back = int((self.time_ms - at_ms + _PREROLL_MS) * _SAMPLES_PER_MS)
        return np.concatenate(self._tail)[-n_back:]

    def is_current(self, utterance: Utterance) -> bool:
        """Whether transcripts of it still matter."""
        return not utterance.is_cancelled and utterance in (self._utterance, self._finishing)

    def peek(self) -> None:
        """Ask for the transcript as if the utterance ended here; it goes on all the same."""
        if self._utterance is not None:
            self._work.put(UtteranceWork(self._utterance, then=Then.PEEK))

    def reopen(self) -> None:
        """After a `peek`, more speech came."""
        if self._utterance is not None:
            self._work.put(UtteranceWork(self._utterance, then=Then.REOPEN))

    def finish(self) -> None:
        """Ask for the final transcript; audio from now on is not part of it."""
        if self._utterance is not None:
            self._work.put(UtteranceWork(self._utterance, then=Then.FINISH))
            self._finishing, self._utterance = self._utterance, None

    def cancel(self) -> None:
        """Drop the recognition that runs, and a final transcript that is awaited."""
        for utterance in (self._utterance, self._finishing):
            if utterance is not None:
                utterance.is_cancelled = True
        self._utterance = self._finishing = None

    def abandon(self) -> None:
        """The recogniser hangs: drop what it has, go on with another thread."""
        self.cancel()
        self._work.abandon()
