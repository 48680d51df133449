"""The paths of PROTOCOL §3 that take one request and give one answer, for every door that speaks HTTP."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl

from electron_local.audio_api.byte_stream import ByteStream
from electron_local.audio_api.encoding import CONTENT_TYPES
from electron_local.audio_api.exchange import AudioExchange, Job
from electron_local.audio_api.forms import parse_form
from electron_local.audio_api.path import AudioPath, as_api_errors, transcript_events
from electron_local.audio_api.results import answer_of, joined, words_of
from electron_local.audio_api.speech_request import LIGHTNING, OPENAI, FieldNames, SpeechRequest
from electron_local.audio_api.transcription_request import parse_pulse, parse_transcription
from electron_local.chat.types import Record
from electron_local.chat.wire import WireRequest, allow
from electron_local.chat.wire_body import read_json
from electron_local.chat.wire_error import as_api_error, error_body
from electron_local.chat.wire_response import WireResponse, event_headers, headers_of, result_response
from electron_local.errors import BadRequestError, RequestTooLargeError

MAX_TEXT_BODY_BYTES = 256 * 2**10
MAX_RECORDING_BYTES = 25 * 2**20
SPEECH_PATHS = {
    "/v1/audio/speech": OPENAI,
    "/waves/v1/audio/speech": OPENAI,
    "/waves/v1/lightning-v3.1/get_speech": LIGHTNING,
    "/waves/v1/tts": LIGHTNING,
}
EVENT_PATHS = ("/waves/v1/lightning-v3.1/stream", "/waves/v1/tts/live")
FORM_PATHS = ("/v1/audio/transcriptions", "/waves/v1/audio/transcriptions")
LIVE_SPEECH_PATHS = ("/waves/v1/tts/live", "/waves/v1/lightning-v3.1/get_speech/stream")  # WebSockets
LIVE_TRANSCRIPT_PATHS = ("/waves/v1/pulse/get_text", "/waves/v1/stt/live")
PULSE_PATHS = ("/waves/v1/pulse/get_text", "/waves/v1/stt", "/waves/v1/stt/")


class AudioWire:
    """Routes over one audio path, for `chat.wire.Wire`. Immutable: any thread, any number at once."""

    def __init__(self, path: AudioPath, *, max_recording_bytes: int = MAX_RECORDING_BYTES) -> None:
        self._path = path
        self._max_recording_bytes = max_recording_bytes

    def max_body_bytes(self, path: str) -> int | None:
        """The most that a body sent to `path` may have; None for a path that is not one of these."""
        if path in SPEECH_PATHS or path in EVENT_PATHS:
            return MAX_TEXT_BODY_BYTES
        return self._max_recording_bytes if path in FORM_PATHS or path in PULSE_PATHS else None

    def open(self, request: WireRequest, request_id: str) -> AudioExchange:
        """Check and start a request to one of these paths. Raises APIError."""
        allow(request, "POST")
        if request.path in SPEECH_PATHS or request.path in EVENT_PATHS:
            body = read_json(request.body, MAX_TEXT_BODY_BYTES)
            names = SPEECH_PATHS.get(request.path, LIGHTNING)
            speech = self._path.check_speech(body, names)
            is_stream = speech.as_events or request.path in EVENT_PATHS
            job = _speech_events(speech, names) if is_stream else _speech(speech)
            return AudioExchange(job, self._path, request_id, hears=False, is_stream=is_stream)
        if len(request.body) > self._max_recording_bytes:
            raise RequestTooLargeError(f"the body has more than {self._max_recording_bytes} bytes, the most taken")
        if request.path in PULSE_PATHS:
            return AudioExchange(_pulse(request), self._path, request_id, hears=True)
        return self._transcription(request, request_id)

    def _transcription(self, request: WireRequest, request_id: str) -> AudioExchange:
        with as_api_errors():
            fields, files = parse_form(request.headers.get("content-type", ""), request.body)
        wanted = parse_transcription(fields)
        if "file" not in files:
            raise BadRequestError("file is required, as a file of the form", code="missing", param="file")

        def job(exchange: AudioExchange) -> WireResponse:
            segments, duration_s = self._path.transcribe(files["file"], wanted, exchange.cancelled.is_set)
            if wanted.as_events:
                events = (_event(each.model_dump()) for each in transcript_events(segments, duration_s))
                return _stream(exchange, _or_error(events, request_id), event_headers(request_id))
            answer = answer_of(wanted, list(segments), duration_s)
            if isinstance(answer, Record):
                return result_response(answer, request_id)
            return WireResponse(200, headers_of("text/plain; charset=utf-8", request_id), answer.encode())

        return AudioExchange(job, self._path, request_id, hears=True, is_stream=wanted.as_events)


def _speech(speech: SpeechRequest) -> Job:
    def job(exchange: AudioExchange) -> WireResponse:
        pieces = exchange.path.speak(speech, exchange.cancelled.is_set)
        headers = headers_of(CONTENT_TYPES[speech.audio_format], exchange.request_id)
        if speech.names is OPENAI and speech.audio_format != "wav":
            return _stream(exchange, pieces, headers)
        return WireResponse(200, headers, b"".join(pieces))

    return job


def _speech_events(speech: SpeechRequest, names: FieldNames) -> Job:
    def job(exchange: AudioExchange) -> WireResponse:
        pieces = exchange.path.speak(speech, exchange.cancelled.is_set)
        events = _openai_events(pieces) if names is OPENAI else _lightning_events(pieces)
        return _stream(exchange, _or_error(events, exchange.request_id), event_headers(exchange.request_id))

    return job


def _openai_events(pieces: Iterator[bytes]) -> Iterator[bytes]:
    for piece in pieces:
        yield _event({"type": "speech.audio.delta", "audio": base64.b64encode(piece).decode()})
    yield _event({"type": "speech.audio.done"})


def _lightning_events(pieces: Iterator[bytes]) -> Iterator[bytes]:
    for piece in pieces:
        yield b"event: audio\n" + _event({"audio": base64.b64encode(piece).decode()})
    yield _event({"done": True})


def _read_query(text: str) -> dict[str, str]:
    query: dict[str, str] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        if query.setdefault(name, value) != value:
            message = f"the query gives {name[:40]!r} twice"
            raise BadRequestError(message, code="invalid_value", param=name[:40])
    return query


def _pulse(request: WireRequest) -> Job:
    wanted = parse_pulse(_read_query(request.query))

    def job(exchange: AudioExchange) -> WireResponse:
        segments = list(exchange.path.transcribe(request.body, wanted, exchange.cancelled.is_set)[0])
        answer: dict[str, Any] = {"status": "success", "transcription": joined(segments)}
        if wanted.has_words:
            answer["words"] = [word.model_dump() for word in words_of(segments)]
        body = json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode()
        return WireResponse(200, headers_of("application/json", exchange.request_id), body)

    return job


def _stream(exchange: AudioExchange, pieces: Iterator[bytes], headers: dict[str, str]) -> WireResponse:
    stream = ByteStream(pieces, exchange.path.executor, exchange.cancelled, exchange.held.close)
    return WireResponse(200, headers, stream=stream)


def _or_error(events: Iterator[bytes], request_id: str) -> Iterator[bytes]:
    """The events, ended by an error's where one comes."""
    try:
        yield from events
    except Exception as error:
        yield b"data: " + error_body(as_api_error(error, request_id)) + b"\n\n"


def _event(data: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(data, separators=(",", ":")).encode() + b"\n\n"
