"""Recognition of one utterance after the other, in the session's recogniser thread.

A recogniser that falls behind delays its transcripts, never voice activity, barge-in or playback.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from electron_local.speech.base import RecognitionStream, SpeechToText
from electron_local.voice.runtime import Mailbox


@dataclass(eq=False)
class Utterance:
    """What one stream recognises. The conversation thread makes and cancels it."""

    is_cancelled: bool = False


@dataclass(frozen=True)
class UtteranceWork:
    """For the recogniser thread: recognise `samples`, then end the utterance if `is_last`."""

    utterance: Utterance
    samples: npt.NDArray[np.float32]
    is_last: bool = False


@dataclass(frozen=True)
class Recognized:
    """For the conversation thread: a partial transcript, the final one, or the error that ended recognition.

    After an error the final transcript still comes, and is empty.
    """

    utterance: Utterance
    text: str = ""
    is_final: bool = False
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


class _Recognition:
    def __init__(
        self, utterance: Utterance, recognizer: SpeechToText, language: str, post: Callable[[Recognized], None]
    ) -> None:
        self.utterance = utterance
        self._recognizer = recognizer
        self._language = language
        self._post = post
        self._stream: RecognitionStream | None = None
        self._has_failed = False

    def take(self, item: UtteranceWork) -> None:
        if self.utterance.is_cancelled:
            self.drop()
            return
        text = ""
        if not self._has_failed:
            try:
                text = self._recognize(item)
            except Exception as error:
                self._has_failed, self._stream = True, None
                self._post(Recognized(self.utterance, error=error))
        if item.is_last:
            self._post(Recognized(self.utterance, text, is_final=True))

    def drop(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.cancel()

    def _recognize(self, item: UtteranceWork) -> str:
        if self._stream is None:
            self._stream = self._recognizer.stream(language=self._language)
        partial = self._stream.feed(item.samples) if len(item.samples) else None
        if item.is_last:
            stream, self._stream = self._stream, None
            return stream.finish().text
        if partial is not None:
            self._post(Recognized(self.utterance, partial.text))
        return ""
