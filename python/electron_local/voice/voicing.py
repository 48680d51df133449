"""Speech at the session's output rate: a synthesiser with its voice, and the resampler behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from electron_local.errors import InvalidArgumentError, SpeechEngineError
from electron_local.speech.base import TextToSpeech

if TYPE_CHECKING:
    from electron_local.audio.resampling import Resampler

Samples = npt.NDArray[np.float32]


class Voicing:
    """Used by the response thread alone, after construction.

    Raises:
        InvalidArgumentError: a voice that the synthesiser does not have.
    """

    def __init__(self, synthesizer: TextToSpeech, *, voice: str | None, language: str, sample_rate: int) -> None:
        if voice is not None and voice not in synthesizer.voices:
            known = ", ".join(synthesizer.voices[:20])
            raise InvalidArgumentError(f"unknown voice {voice!r}; the synthesiser has: {known}")
        self.sample_rate = sample_rate
        self._synthesizer = synthesizer
        self._voice = voice
        self._language = language
        _resampler(synthesizer.sample_rate, sample_rate)  # imported now, and not within the first reply

    def speak(self, text: str, is_cancelled: Callable[[], bool]) -> Iterator[Samples]:
        """Yield float32 samples at `sample_rate` as they are made; nothing for text without a letter or digit.

        Raises:
            SpeechEngineError: the synthesiser changed its rate.
        """
        if not any(char.isalnum() for char in text):
            return
        source_rate = self._synthesizer.sample_rate
        resampler = _resampler(source_rate, self.sample_rate)
        frames = self._synthesizer.synthesize(text, voice=self._voice, language=self._language)
        for frame in frames:
            if is_cancelled():
                close = getattr(frames, "close", None)
                if close is not None:
                    close()
                return
            if frame.sample_rate != source_rate:
                raise SpeechEngineError(f"synthesiser yielded {frame.sample_rate} Hz, it promised {source_rate} Hz")
            yield from _filled(resampler.process(frame.samples) if resampler else frame.samples)
        if resampler:
            yield from _filled(resampler.flush())


def _resampler(from_rate: int, to_rate: int) -> Resampler | None:
    if from_rate == to_rate:
        return None
    from electron_local.audio.resampling import Resampler

    return Resampler(from_rate, to_rate)


def _filled(samples: Samples) -> tuple[Samples, ...]:
    return (samples,) if len(samples) else ()
