"""Transcripts of audio that comes in frames (PROTOCOL §3, the WebSocket of Pulse). No clock, no I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from electron_local.audio.resampling import Resampler
from electron_local.audio_api.recording import decode_samples
from electron_local.audio_api.transcribing import open_stream
from electron_local.audio_api.transcription_request import PulseRequest
from electron_local.speech.base import RecognitionStream, SpeechToText, Transcript
from electron_local.vad import Vad, VadOptions

Float32Array = npt.NDArray[np.float32]
_END_SILENCE_MS = 500
_HOP = 512  # samples that voice activity is judged by
_LEAD_S = 1.0  # before speech was found to begin: pocketsphinx hears the first words better behind some silence
_KEPT_S = 2.0  # of audio before speech was noticed


@dataclass(frozen=True)
class Heard:
    """A partial transcript, or the final one of an utterance; words with their times in the stream."""

    text: str
    is_final: bool
    words: tuple[tuple[str, float, float], ...] = ()

    def to_wire(self, request: PulseRequest, session_id: str, **more: bool) -> dict[str, Any]:
        """The message; `more` sets `is_last` and `from_finalize`."""
        message = {
            "session_id": session_id,
            "transcript": self.text,
            "is_final": self.is_final,
            "is_last": False,
            "from_finalize": False,
            "language": request.language,
            **more,
        }
        if request.has_words and self.is_final:
            message["words"] = [
                {"word": word, "start": round(start, 3), "end": round(end, 3)} for word, start, end in self.words
            ]
        return message


class LiveTranscript:
    """One stream of audio: utterances are found by voice activity and recognised as they are spoken. One thread.

    Raises BadRequestError for a language that the recogniser lacks.
    """

    def __init__(self, request: PulseRequest, recognizer: SpeechToText) -> None:
        self._request = request
        self._recognizer = recognizer
        self._rate = recognizer.sample_rate
        self._resampler = None
        if request.sample_rate != self._rate:
            self._resampler = Resampler(request.sample_rate, self._rate, "voice")
        self._vad = Vad(sample_rate=self._rate, options=VadOptions(min_silence_ms=_END_SILENCE_MS))
        self._kept = np.zeros(0, np.float32)
        self._n_before = 0  # samples of the stream before `_kept`
        self._odd = b""
        self._waiting = np.zeros(0, np.float32)  # less than a hop: what is heard does not hang on how it was cut
        self._stream: RecognitionStream | None = None
        self._began_s = 0.0
        self._is_rest = False  # of speech that was finalised in its middle
        first = open_stream(recognizer, request.language)
        if first is not None:
            first.cancel()

    def feed(self, frame: bytes) -> list[Heard]:
        """Take a frame of any length in the request's encoding; return what it added."""
        data = self._odd + frame
        n_whole = len(data) - len(data) % (2 if self._request.encoding == "linear16" else 1)
        self._odd = data[n_whole:]
        samples = decode_samples(data[:n_whole], self._request.encoding)
        if self._resampler is not None:
            samples = self._resampler.process(samples)
        self._waiting = np.concatenate([self._waiting, samples])
        n_ready = len(self._waiting) - len(self._waiting) % _HOP
        ready, self._waiting = self._waiting[:n_ready], self._waiting[n_ready:]
        return [heard for start in range(0, n_ready, _HOP) for heard in self._hear(ready[start : start + _HOP])]

    def finalize(self) -> Heard:
        """End the utterance that is being spoken; its final transcript, empty where there is none.

        Who speaks on is heard in a further utterance, which there is only when words come.
        """
        last, self._waiting = self._waiting, np.zeros(0, np.float32)
        ended = [heard for heard in self._hear(last) if heard.is_final] if len(last) else []
        final = self._finish()
        if self._vad.speaking:
            self._open_stream()
            self._is_rest = True
        return final or (ended[0] if ended else Heard("", True))

    def close(self) -> None:
        """Drop what is open. Idempotent."""
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.cancel()

    def _hear(self, samples: Float32Array) -> list[Heard]:
        found: list[Heard] = []
        self._kept = np.concatenate([self._kept, samples])
        for event in self._vad.push(samples):
            if event.kind == "speech_started":
                self._begin(event.sample)
            else:
                found += self._partial(self._take(event.sample))
                is_rest, final = self._is_rest, self._finish()
                found += [final] if final and (final.text or not is_rest) else []
        found += self._partial(self._take(None))
        return found

    def _begin(self, sample: int) -> None:
        self._take(sample - int(_LEAD_S * self._rate))
        if self._stream is None:
            self._open_stream()

    def _open_stream(self) -> None:
        self._stream = self._recognizer.stream(language=self._request.language)
        self._began_s = self._n_before / self._rate

    def _take(self, until: int | None) -> Float32Array:
        """The samples kept up to `until`, once. While nobody speaks the last two seconds stay."""
        if until is None:
            keep = 0 if self._stream is not None else int(_KEPT_S * self._rate)
            until = self._n_before + max(0, len(self._kept) - keep)
        n_taken = max(0, until - self._n_before)
        taken, self._kept = self._kept[:n_taken], self._kept[n_taken:]
        self._n_before += len(taken)
        return taken

    def _partial(self, samples: Float32Array) -> list[Heard]:
        if self._stream is None or not len(samples):
            return []
        partial = self._stream.feed(np.ascontiguousarray(samples))
        return [Heard(partial.text, False)] if partial is not None and partial.text else []

    def _finish(self) -> Heard | None:
        stream, self._stream, self._is_rest = self._stream, None, False
        if stream is None:
            return None
        found: Transcript = stream.finish()
        words = tuple((word.text, word.start + self._began_s, word.end + self._began_s) for word in found.words)
        return Heard(found.text, True, words)
