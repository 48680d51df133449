"""`client.audio`, named as the OpenAI SDK names it: `speech.create` and `transcriptions.create`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, TypeVar

from electron_local.audio_api.path import AudioPath, transcript_events
from electron_local.audio_api.recording_source import recording_bytes
from electron_local.audio_api.results import Answer, TranscriptTextDelta, TranscriptTextDone, answer_of
from electron_local.audio_api.speech_answer import AsyncSpeechStream, SpeechAnswer, SpeechStream
from electron_local.audio_api.speech_request import OPENAI
from electron_local.audio_api.transcription_request import parse_transcription

OpenAudio = Callable[[], AudioPath]  # raises OverloadedError when the client is closed
TranscriptEvent = TranscriptTextDelta | TranscriptTextDone
_MODEL = "electron"
T = TypeVar("T")


class Audio:
    """Namespace for `speech` and `transcriptions`."""

    def __init__(self, path: OpenAudio) -> None:
        self.speech = Speech(path)
        self.transcriptions = Transcriptions(path)


class Speech:
    """Text to speech. Any thread may call."""

    def __init__(self, path: OpenAudio) -> None:
        self._path = path
        self.with_streaming_response = StreamingSpeech(path)

    def create(self, *, input: str, voice: str | None = None, model: str = _MODEL, **options: Any) -> SpeechAnswer:
        """Say `input`. Options: `response_format` (pcm, mp3, wav, ulaw, alaw), `sample_rate`, `speed`, `language`.

        The default is PCM, 16 bits, 44100 Hz. Raises BadRequestError with every broken rule in `details`.
        """
        path = self._path()
        request = path.check_speech({"input": input, "voice": voice, "model": model, **options}, OPENAI)
        with path.admitted(hears=False):
            return SpeechAnswer(b"".join(path.speak(request)), request)


class StreamingSpeech:
    """`with client.audio.speech.with_streaming_response.create(...) as stream:` gives the audio as it is made."""

    def __init__(self, path: OpenAudio) -> None:
        self._path = path

    def create(self, *, input: str, voice: str | None = None, model: str = _MODEL, **options: Any) -> SpeechStream:
        """`Speech.create`; the work is done as the stream is read."""
        path = self._path()
        request = path.check_speech({"input": input, "voice": voice, "model": model, **options}, OPENAI)
        return SpeechStream(path, request)


class Transcriptions:
    """Speech to text. Any thread may call."""

    def __init__(self, path: OpenAudio) -> None:
        self._path = path

    def create(self, *, file: Any, model: str = _MODEL, stream: bool = False, **options: Any) -> Any:
        """Transcribe `file`: a path, bytes or an open file of WAV, FLAC, Ogg or MP3, or an AudioFrame.

        Options: `language`, `response_format` (json, text, srt, verbose_json, vtt), `timestamp_granularities`.
        Gives a Transcription, a TranscriptionVerbose or text; with `stream=True` an iterator of events. Raises
        BadRequestError with every broken rule in `details`, or `invalid_audio`.
        """
        path = self._path()
        request = parse_transcription({"model": model, "stream": stream, **options})
        recording = recording_bytes(file)
        if request.as_events:
            return self._events(path, recording, request)
        with path.admitted(hears=True):
            segments, duration_s = path.transcribe(recording, request)
            return answer_of(request, list(segments), duration_s)

    def _events(self, path: AudioPath, recording: bytes, request: Any) -> Iterator[TranscriptEvent]:
        with path.admitted(hears=True):
            yield from transcript_events(*path.transcribe(recording, request))


class AsyncAudio:
    """Namespace for `speech` and `transcriptions`."""

    def __init__(self, path: OpenAudio) -> None:
        self.speech = AsyncSpeech(path)
        self.transcriptions = AsyncTranscriptions(path)


class AsyncSpeech:
    """Text to speech, awaited."""

    def __init__(self, path: OpenAudio) -> None:
        self._path = path
        self._speech = Speech(path)
        self.with_streaming_response = AsyncStreamingSpeech(path)

    async def create(self, **request: Any) -> SpeechAnswer:
        """Say `input`; see `Speech.create`."""
        return await _in_executor(self._path(), lambda: self._speech.create(**request))


class AsyncStreamingSpeech:
    """`async with client.audio.speech.with_streaming_response.create(...) as stream:`."""

    def __init__(self, path: OpenAudio) -> None:
        self._speech = StreamingSpeech(path)

    def create(self, **request: Any) -> AsyncSpeechStream:
        """`AsyncSpeech.create`; the work is done as the stream is read."""
        return AsyncSpeechStream(self._speech.create(**request))


class AsyncTranscriptions:
    """Speech to text, awaited."""

    def __init__(self, path: OpenAudio) -> None:
        self._path = path
        self._transcriptions = Transcriptions(path)

    async def create(self, **request: Any) -> Answer | AsyncIterator[TranscriptEvent]:
        """Transcribe `file`; see `Transcriptions.create`."""
        path = self._path()
        made = await _in_executor(path, lambda: self._transcriptions.create(**request))
        return _awaited(path, made) if isinstance(made, Iterator) else made


async def _awaited(path: AudioPath, events: Iterator[T]) -> AsyncIterator[T]:
    while (event := await _in_executor(path, lambda: next(events, None))) is not None:
        yield event


async def _in_executor(path: AudioPath, work: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(path.executor, work)
