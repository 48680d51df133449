"""A request for speech → bytes of audio, piece by piece."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

from electron_local.audio.frame import AudioFrame
from electron_local.audio.resampling import Resampler
from electron_local.audio_api.encoding import open_encoder, wav_header
from electron_local.audio_api.speech_request import SpeechRequest
from electron_local.audio_api.voice_names import find_voice
from electron_local.errors import BadRequestError, InvalidArgumentError
from electron_local.speech.base import TextToSpeech


def speak(request: SpeechRequest, synthesizer: TextToSpeech, is_cancelled: Callable[[], bool]) -> Iterator[bytes]:
    """Yield audio as it is made; `wav` in one piece, since its header says how long it is. Ends early when cancelled.

    What the synthesiser refuses is raised by this call, not by the first `next`: BadRequestError.
    """
    voice = find_voice(request.voice, synthesizer.voices)
    if voice is not None and voice not in synthesizer.voices:
        name = request.names.voice
        known = ", ".join(synthesizer.voices[:40])
        raise refused(name, f"{name} is {voice[:40]!r}; the synthesiser has: {known}")
    encoder = open_encoder(request.audio_format, request.sample_rate)
    try:
        frames = synthesizer.synthesize(request.text, voice=voice, language=request.language, speed=request.speed)
    except InvalidArgumentError as error:
        raise refused("language", str(error)) from error

    def pieces() -> Iterator[bytes]:
        for samples in at_rate(frames, request.sample_rate, is_cancelled):
            yield encoder.encode(samples)
        yield encoder.finish()

    if request.audio_format == "wav":
        return _as_wav(pieces(), request.sample_rate)
    return (piece for piece in pieces() if piece)


def at_rate(
    frames: Iterator[AudioFrame], sample_rate: int, is_cancelled: Callable[[], bool]
) -> Iterator[npt.NDArray[np.float32]]:
    """The samples of `frames` at `sample_rate`, as long as they were; ends early when cancelled."""
    resampler = None
    n_early = 0
    for frame in frames:
        if is_cancelled():
            return
        if frame.sample_rate == sample_rate:
            yield frame.samples
            continue
        if resampler is None:
            resampler = Resampler(frame.sample_rate, sample_rate, "hq")
            n_early = resampler.delay
        samples = resampler.process(frame.samples)
        yield samples[n_early:]
        n_early -= min(n_early, len(samples))
    if resampler is not None:
        yield resampler.flush()[n_early:]


def _as_wav(pieces: Iterator[bytes], sample_rate: int) -> Iterator[bytes]:
    samples = b"".join(pieces)
    yield wav_header(len(samples), sample_rate) + samples


def refused(field: str, message: str) -> BadRequestError:
    """A 400 about one field."""
    details = [{"code": "invalid_value", "message": message, "path": [field]}]
    return BadRequestError(message, code="invalid_value", param=field, details=details)
