"""Recognition of one utterance after the other, in the session's recogniser thread.

A recogniser that falls behind delays its transcripts, never voice activity, barge-in or playback.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import Enum, auto

import numpy as np
import numpy.typing as npt

from electron_local.speech.base import Alternative, RecognitionStream, SpeechToText, Transcript
from electron_local.voice.runtime import Mailbox

logger = logging.getLogger(__name__)

_NOTHING = Transcript("", is_final=True)
_REPEAT_S = 4.0  # of audio: recognising it once more takes a fifth of that with pocketsphinx


@dataclass(eq=False)
class Utterance:
    """What one stream recognises. The conversation thread makes and cancels it."""

    is_cancelled: bool = False


class Then(Enum):
    """What follows the samples of a piece of work."""

    GO_ON = auto()
    PEEK = auto()
    """Say what the final transcript would be; keep what is heard from now on."""
    REOPEN = auto()
    """The utterance goes on after a PEEK."""
    FINISH = auto()


@dataclass(frozen=True)
class UtteranceWork:
    """For the recogniser thread: recognise `samples`, then do `then`."""

    utterance: Utterance
    samples: npt.NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, np.float32))
    then: Then = Then.GO_ON


class Certainty(Enum):
    """How much of a transcript may still change."""

    PARTIAL = auto()
    AHEAD = auto()
    """Final, if the utterance does not go on."""
    FINAL = auto()


@dataclass(frozen=True)
class Recognized:
    """For the conversation thread: a transcript, or the error that ended recognition.

    After an error the final transcript still comes, and is empty. `alternatives`: see `Transcript`.
    """

    utterance: Utterance
    text: str = ""
    alternatives: tuple[Alternative, ...] = ()
    certainty: Certainty = Certainty.PARTIAL
    error: Exception | None = None


def run_recognition(recognizer: SpeechToText, language: str, work: Mailbox, post: Callable[[Recognized], None]) -> None:
    """Take UtteranceWork until anything else comes."""
    current: _Recognition | None = None
    while isinstance(item := work.get(), UtteranceWork):
        if current is None or current.utterance is not item.utterance:
            if current is not None:
                current.drop()
            current = _Recognition(item.utterance, recognizer, language, post)
        current.take(item)
    if current is not None:
        current.drop()


def _behind(settled: str, heard: Transcript) -> Transcript:
    """`heard`, with what was settled before it."""
    if not settled:
        return heard
    alternatives = tuple(replace(each, text=f"{settled} {each.text}") for each in heard.alternatives)
    return Transcript(f"{settled} {heard.text}".strip(), is_final=True, alternatives=alternatives)


def _in_unicode(heard: Transcript) -> Transcript:
    """`heard` with a question mark for each lone surrogate: no request to a model may hold one."""
    alternatives = tuple(Alternative(_replaced(each.text), each.score) for each in heard.alternatives)
    return Transcript(_replaced(heard.text), is_final=True, alternatives=alternatives)


def _replaced(text: str) -> str:
    return text.encode(errors="replace").decode()


class _Recognition:
    """One utterance. After a PEEK its stream is finished; if it goes on, its audio is recognised once more, as long as
    that is little, and else what was understood stays and a new stream takes the rest."""

    def __init__(
        self, utterance: Utterance, recognizer: SpeechToText, language: str, post: Callable[[Recognized], None]
    ) -> None:
        self.utterance = utterance
        self._recognizer = recognizer
        self._language = language
        self._post = post
        self._stream: RecognitionStream | None = None
        self._has_failed = False
        self._settled = ""
        self._audio: list[npt.NDArray[np.float32]] = []
        self._n_peeked: int | None = None
        self._peeked = _NOTHING

    def take(self, item: UtteranceWork) -> None:
        if self.utterance.is_cancelled:
            self.drop()
            return
        heard = _NOTHING
        if not self._has_failed:
            try:
                heard = self._recognize(item)
            except Exception as error:
                self._has_failed, self._stream = True, None
                self._post(Recognized(self.utterance, error=error))
        if item.then is Then.FINISH:
            self._post(Recognized(self.utterance, heard.text, heard.alternatives, Certainty.FINAL))

    def drop(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            try:
                stream.cancel()
            except Exception as error:  # nobody waits for anything of it
                logger.warning("a recogniser could not be cancelled: %s", error, exc_info=error)

    def _recognize(self, item: UtteranceWork) -> Transcript:
        if len(item.samples):
            self._audio.append(item.samples)
        if self._n_peeked is None:
            self._feed(item.samples)
        if item.then is Then.REOPEN:
            self._reopen()
        elif item.then is not Then.GO_ON and self._n_peeked is None:
            self._finish_stream()
        heard = _behind(self._settled, self._peeked)
        if item.then is Then.PEEK:
            self._post(Recognized(self.utterance, heard.text, heard.alternatives, Certainty.AHEAD))
        return heard

    def _feed(self, samples: npt.NDArray[np.float32]) -> None:
        if self._stream is None:
            self._stream = self._recognizer.stream(language=self._language)
        partial = self._stream.feed(samples) if len(samples) else None
        if partial is not None:
            self._post(Recognized(self.utterance, f"{self._settled} {_replaced(partial.text)}".strip()))

    def _finish_stream(self) -> None:
        stream, self._stream = self._stream, None
        self._n_peeked = len(self._audio)
        self._peeked = _in_unicode(stream.finish()) if stream is not None else _NOTHING

    def _reopen(self) -> None:
        if self._n_peeked is None:
            return
        if sum(map(len, self._audio)) > _REPEAT_S * self._recognizer.sample_rate:
            self._settled = f"{self._settled} {self._peeked.text}".strip()
            del self._audio[: self._n_peeked]
        self._n_peeked, self._peeked = None, _NOTHING
        if self._audio:
            self._feed(np.concatenate(self._audio))
