"""The audio path: requests in, audio or transcripts out, over engines that all doors share."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from threading import Lock
from typing import Any

from electron_local.audio_api.recording import (
    Float32Array,
    UnreadableFileError,
    looks_like_a_file,
    may_be_mp3,
    read_file,
    read_samples,
)
from electron_local.audio_api.results import DurationUsage, TranscriptTextDelta, TranscriptTextDone
from electron_local.audio_api.speaking import speak
from electron_local.audio_api.speech_request import FieldNames, SpeechRequest, parse_speech
from electron_local.audio_api.transcribing import Segment, transcribe
from electron_local.audio_api.transcription_request import PulseRequest, TranscriptionRequest
from electron_local.errors import (
    InternalServerError,
    MissingDependencyError,
    ModelLoadError,
    OverloadedError,
    SpeechEngineError,
)
from electron_local.speech.engines import SpeechEngines

Cancelled = Callable[[], bool]
MAX_REQUESTS = 16  # at once, waiting ones too
MAX_TRANSCRIPTIONS = 3  # at once
_N_THREADS = 8


def never() -> bool:
    """For work that nobody cancels."""
    return False


class AudioPath:
    """Speech and transcripts over one pair of engines. Any thread.

    The engines are made by the first request. `executor` is for doors that must not block.

    >>> from electron_local.audio_api.speech_request import LIGHTNING
    >>> path = AudioPath()
    >>> request = path.check_speech({"text": "hello", "sample_rate": 8000}, LIGHTNING)
    >>> sum(map(len, path.speak(request))) > 8000
    True
    """

    def __init__(self, engines: SpeechEngines | None = None) -> None:
        self.engines = engines or SpeechEngines()
        self.executor = ThreadPoolExecutor(_N_THREADS, thread_name_prefix="electron-audio")
        self._lock = Lock()
        self._n_open = {"requests": 0, "transcriptions": 0}

    def check_speech(self, body: Any, names: FieldNames) -> SpeechRequest:
        """The request in `body`. Raises BadRequestError."""
        return parse_speech(body, names)

    def speak(self, request: SpeechRequest, is_cancelled: Cancelled = never) -> Iterator[bytes]:
        """Yield audio as it is made. Raises BadRequestError before the first `next`; for `request.then` behind it."""
        with as_api_errors():
            pieces = speak(request, self.engines.synthesizer, is_cancelled)
        return _guarded(self._speak_on(pieces, request.then, is_cancelled))

    def check_synthesizer(self, request: SpeechRequest) -> None:
        """Raise BadRequestError for what the synthesiser refuses: a voice or a language that it lacks."""
        self.speak(request)

    def _speak_on(
        self, pieces: Iterator[bytes], then: SpeechRequest | None, is_cancelled: Cancelled
    ) -> Iterator[bytes]:
        yield from pieces
        while then is not None and not is_cancelled():
            yield from speak(then, self.engines.synthesizer, is_cancelled)
            then = then.then

    def transcribe(
        self, recording: bytes, request: TranscriptionRequest | PulseRequest, is_cancelled: Cancelled = never
    ) -> tuple[Iterator[Segment], float]:
        """What is said in a file of audio, or for Pulse in raw samples; and its length in seconds.

        Raises BadRequestError before the first `next`.
        """
        with as_api_errors():
            recognizer = self.engines.recognizer
            rate = recognizer.sample_rate
            samples = _samples_of(recording, request, rate)
            segments = transcribe(samples, recognizer, language=request.language, is_cancelled=is_cancelled)
        return _guarded(segments), len(samples) / rate

    @contextmanager
    def admitted(self, *, hears: bool) -> Iterator[None]:
        """Count a request while it runs. Raises OverloadedError where too many do; `hears`: it needs a recogniser."""
        kinds: Mapping[str, int] = {
            "requests": MAX_REQUESTS,
            **({"transcriptions": MAX_TRANSCRIPTIONS} if hears else {}),
        }
        with self._lock:
            for kind, limit in kinds.items():
                if self._n_open[kind] >= limit:
                    raise OverloadedError(f"{limit} audio {kind} run, which is the limit", code="queue_full")
            for kind in kinds:
                self._n_open[kind] += 1
        try:
            yield
        finally:
            with self._lock:
                for kind in kinds:
                    self._n_open[kind] -= 1

    def close(self) -> None:
        """Give the threads back; what runs goes on to its end. Idempotent."""
        self.executor.shutdown(wait=False, cancel_futures=True)


def _samples_of(recording: bytes, request: TranscriptionRequest | PulseRequest, sample_rate: int) -> Float32Array:
    if not isinstance(request, PulseRequest) or looks_like_a_file(recording):
        return read_file(recording, sample_rate)
    if may_be_mp3(recording) and not request.names_encoding:
        with suppress(UnreadableFileError):
            return read_file(recording, sample_rate)
    return read_samples(recording, request.encoding, request.sample_rate, sample_rate)


def transcript_events(
    segments: Iterator[Segment], duration_s: float
) -> Iterator[TranscriptTextDelta | TranscriptTextDone]:
    """The events of a streamed transcription."""
    text = ""
    for segment in segments:
        delta = f" {segment.text}" if text else segment.text
        text += delta
        yield TranscriptTextDelta(delta)
    yield TranscriptTextDone(text, DurationUsage(round(duration_s, 3)))


@contextmanager
def as_api_errors() -> Iterator[None]:
    """What an engine raises, as an error with a place on the wire."""
    try:
        yield
    except MissingDependencyError as error:
        raise InternalServerError(str(error), code="missing_dependency") from error
    except (SpeechEngineError, ModelLoadError) as error:
        raise InternalServerError(str(error), code="speech_engine_error") from error


def _guarded(pieces: Iterator[Any]) -> Iterator[Any]:
    with as_api_errors():
        yield from pieces
