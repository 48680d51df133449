"""Speech at the session's output rate: a synthesiser with its voice, and the resampler behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from electron_local.audio.frame import AudioFrame
from electron_local.errors import InvalidArgumentError, SpeechEngineError
from electron_local.speech.base import SpokenFrame, TextToSpeech, check_samples
from electron_local.voice.config import SessionConfig
from electron_local.voice.hosted_voices import local_voice

if TYPE_CHECKING:
    from electron_local.audio.resampling import Resampler

Samples = npt.NDArray[np.float32]
WordEnds = tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Voiced:
    """Samples at the output rate. `word_ends`: words that begin in them, each with the sample of the text at which it
    has been spoken; empty where the synthesiser does not tell."""

    samples: Samples
    word_ends: WordEnds = ()


class Voicing:
    """Used by the response thread alone, from the first response on.

    Raises:
        InvalidArgumentError: a voice that the synthesiser does not have.
    """

    def __init__(self, synthesizer: TextToSpeech, config: SessionConfig) -> None:
        self.sample_rate = config.output_sample_rate
        self._synthesizer = synthesizer
        self._language = config.language
        self._voice: str | None = None
        self.choose(config)
        _resampler(synthesizer.sample_rate, self.sample_rate)  # imported now, and not within the first reply

    def choose(self, config: SessionConfig) -> None:
        """Speak with the voice of `config` from the next reply on. Raises InvalidArgumentError for an unknown one."""
        voices = self._synthesizer.voices
        if config.hosted_model is not None:
            self._voice = local_voice(config.hosted_model, config.voice, voices)
        elif config.voice is None or config.voice in voices:
            self._voice = config.voice
        else:
            known = ", ".join(voices[:20])
            raise InvalidArgumentError(f"unknown voice {config.voice!r}; the synthesiser has: {known}")

    def speak(self, text: str, is_cancelled: Callable[[], bool]) -> Iterator[Voiced]:
        """Yield samples at `sample_rate` as they are made; nothing for text without a letter or digit.

        Raises:
            SpeechEngineError: the synthesiser changed its rate, or yielded what are no finite 1-D float32 samples.
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
            _check(frame, source_rate)
            samples = resampler.process(frame.samples) if resampler else frame.samples
            yield from _filled(samples, self._word_ends(frame))
        if resampler:
            yield from _filled(resampler.flush())

    def _word_ends(self, frame: AudioFrame) -> WordEnds:
        words = frame.words if isinstance(frame, SpokenFrame) else ()
        return tuple((word.text, round(word.end * self.sample_rate)) for word in words)


def _check(frame: AudioFrame, sample_rate: int) -> None:
    if frame.sample_rate != sample_rate:
        raise SpeechEngineError(f"synthesiser yielded {frame.sample_rate} Hz, it promised {sample_rate} Hz")
    try:
        check_samples(frame.samples)
    except InvalidArgumentError as error:
        raise SpeechEngineError(f"what the synthesiser yields: {error}") from error
    if not np.isfinite(frame.samples).all():
        raise SpeechEngineError("synthesiser yielded samples that are not finite")


def _resampler(from_rate: int, to_rate: int) -> Resampler | None:
    if from_rate == to_rate:
        return None
    from electron_local.audio.resampling import Resampler

    return Resampler(from_rate, to_rate)


def _filled(samples: Samples, word_ends: WordEnds = ()) -> tuple[Voiced, ...]:
    return (Voiced(samples, word_ends),) if len(samples) or word_ends else ()
