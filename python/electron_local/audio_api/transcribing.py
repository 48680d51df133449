"""A recording → transcripts, one for each stretch of speech in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from electron_local.audio_api.speaking import refused
from electron_local.errors import InvalidArgumentError
from electron_local.speech.base import RecognitionStream, SpeechToText, Word

Float32Array = npt.NDArray[np.float32]
_WHOLE_S = 20.0  # a longer recording is cut in its pauses
_PIECE_S = 0.5  # between two looks whether it is cancelled


@dataclass(frozen=True)
class Segment:
    """One stretch of speech; times in seconds from the start of the recording."""

    text: str
    start: float
    end: float
    words: tuple[Word, ...] = ()


def transcribe(
    samples: Float32Array, recognizer: SpeechToText, *, language: str, is_cancelled: Callable[[], bool]
) -> Iterator[Segment]:
    """Yield what is said in samples at the recogniser's rate, as it is understood; ends early when cancelled.

    Raises BadRequestError for a language that the recogniser lacks, before the first `next`.
    """
    stream = open_stream(recognizer, language)

    def segments() -> Iterator[Segment]:
        nonlocal stream
        for start, stop in _stretches(samples, recognizer.sample_rate):
            stream = stream or recognizer.stream(language=language)
            heard, stream = _hear(stream, samples[start:stop], recognizer.sample_rate, is_cancelled), None
            if heard is None:
                return
            if heard.text:
                yield _moved(heard, start / recognizer.sample_rate)
        if stream is not None:
            stream.cancel()

    return segments()


def open_stream(recognizer: SpeechToText, language: str) -> RecognitionStream | None:
    """An utterance. Raises BadRequestError for a language that the recogniser lacks."""
    try:
        return recognizer.stream(language=language)
    except InvalidArgumentError as error:
        raise refused("language", str(error)) from error


def _hear(
    stream: RecognitionStream, samples: Float32Array, sample_rate: int, is_cancelled: Callable[[], bool]
) -> Segment | None:
    n_piece = int(_PIECE_S * sample_rate)
    try:
        for start in range(0, len(samples), n_piece):
            if is_cancelled():
                return None
            stream.feed(samples[start : start + n_piece])
        found = stream.finish()
    finally:
        stream.cancel()
    return Segment(found.text, 0.0, len(samples) / sample_rate, found.words)


def _moved(segment: Segment, by_s: float) -> Segment:
    words = tuple(Word(word.text, word.start + by_s, word.end + by_s) for word in segment.words)
    return Segment(segment.text, segment.start + by_s, segment.end + by_s, words)


def _stretches(samples: Float32Array, sample_rate: int) -> list[tuple[int, int]]:
    if len(samples) <= _WHOLE_S * sample_rate:
        return [(0, len(samples))]
    from electron_local.vad import Vad, VadOptions

    options = VadOptions(min_silence_ms=500, padding_ms=300, max_speech_s=_WHOLE_S)
    return Vad(sample_rate=sample_rate, options=options).segments(samples)
