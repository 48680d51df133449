"""The paths of speech and transcripts in the OpenAPI document. `audio_api` is what checks."""

from __future__ import annotations

from typing import Any

from electron_local.audio_api.encoding import CONTENT_TYPES
from electron_local.audio_api.recording import ENCODINGS
from electron_local.audio_api.speech_request import (
    FORMATS,
    LIGHTNING,
    MAX_SPEED,
    MAX_TEXT_CHARS,
    MIN_SPEED,
    OPENAI,
    SAMPLE_RATES,
    FieldNames,
)
from electron_local.audio_api.transcription_request import (
    GRANULARITIES,
    MAX_RATE_HZ,
    MIN_RATE_HZ,
    RESPONSE_FORMATS,
)
from electron_local.audio_api.wire import EVENT_PATHS, FORM_PATHS, PULSE_PATHS, SPEECH_PATHS

Schema = dict[str, Any]
_MAYBE_STRING: Schema = {"type": ["string", "null"]}
_TEXT: Schema = {"type": "string", "minLength": 1, "maxLength": MAX_TEXT_CHARS, "pattern": "\\S"}
_BINARY: Schema = {"type": "string", "format": "binary"}
_TIMES: Schema = {"start": {"type": "number"}, "end": {"type": "number"}}
_WORDS: Schema = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["word", "start", "end"],
        "properties": {"word": {"type": "string"}, **_TIMES},
    },
}


def audio_schemas() -> dict[str, Schema]:
    """All by name."""
    text = {"text": {"type": "string"}}
    return {
        "SpeechRequest": _speech(OPENAI, stream_format={"enum": ["audio", "sse", None]}),
        "LightningRequest": _speech(LIGHTNING),
        "TranscriptionForm": _form(),
        "Transcription": {"type": "object", "required": ["text"], "properties": text},
        "PulseTranscription": {
            "type": "object",
            "required": ["status", "transcription"],
            "properties": {"status": {"const": "success"}, "transcription": {"type": "string"}, "words": _WORDS},
        },
    }


def audio_paths(operation: Any, statuses: tuple[str, ...]) -> dict[str, Any]:
    """Operations by path; `operation(name, summary, content, statuses)` makes what they have in common."""
    sounds = {kind: {"schema": _BINARY} for kind in CONTENT_TYPES.values()}
    events: dict[str, Any] = {"text/event-stream": {"x-event-schema": {"type": "string"}}}
    paths: dict[str, Any] = {}
    for path, names in SPEECH_PATHS.items():
        content = {**sounds, **events} if names is OPENAI else sounds
        paths[path] = _post(operation(_name(path), "Say a text", content, statuses), _request(names))
    for path in EVENT_PATHS:
        summary = 'Say a text, in events of base64 audio; the last one is `{"done": true}`'
        paths[path] = _post(operation(_name(path), summary, events, statuses), _request(LIGHTNING))
    for path in FORM_PATHS:
        content = {**_json("Transcription"), "text/plain": {"schema": {"type": "string"}}, **events}
        form = {"multipart/form-data": {"schema": _ref("TranscriptionForm")}}
        paths[path] = _post(operation(_name(path), "Transcribe a recording", content, statuses), form)
    for path in PULSE_PATHS:
        made = operation(_name(path), "Transcribe a recording, or raw samples", _json("PulseTranscription"), statuses)
        made["parameters"] = [*made["parameters"], *_query()]
        paths[path] = _post(made, {"application/octet-stream": {"schema": _BINARY}})
    return paths


def _speech(names: FieldNames, **more: Schema) -> Schema:
    return {
        "type": "object",
        "required": [names.text, *(["model"] if names.needs_model else [])],
        "properties": {
            names.text: _TEXT,
            **({"model": {"type": "string", "minLength": 1}} if names.needs_model else {}),
            names.voice: _MAYBE_STRING,
            names.audio_format: {"enum": [*FORMATS, None]},
            "sample_rate": {"enum": [*SAMPLE_RATES, None]},
            "speed": {"type": ["number", "null"], "minimum": MIN_SPEED, "maximum": MAX_SPEED},
            "language": _MAYBE_STRING,
            **more,
        },
    }


def _form() -> Schema:
    return {
        "type": "object",
        "required": ["file", "model"],
        "properties": {
            "file": _BINARY,
            "model": {"type": "string", "minLength": 1},
            "language": {"type": "string"},
            "response_format": {"enum": list(RESPONSE_FORMATS)},
            "timestamp_granularities[]": {"type": "array", "items": {"enum": list(GRANULARITIES)}},
            "stream": {"type": "boolean"},
        },
    }


def _query() -> list[dict[str, Any]]:
    rate = {"type": "integer", "minimum": MIN_RATE_HZ, "maximum": MAX_RATE_HZ}
    schemas = {
        "language": {"type": "string"},
        "encoding": {"enum": list(ENCODINGS)},
        "sample_rate": rate,
        "word_timestamps": {"type": "boolean"},
    }
    return [{"name": name, "in": "query", "schema": schema} for name, schema in schemas.items()]


def _post(operation: dict[str, Any], content: dict[str, Any]) -> dict[str, Any]:
    return {"post": {**operation, "requestBody": {"required": True, "content": content}}}


def _request(names: FieldNames) -> dict[str, Any]:
    return _json("SpeechRequest" if names is OPENAI else "LightningRequest")


def _json(name: str) -> dict[str, Any]:
    return {"application/json": {"schema": _ref(name)}}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _name(path: str) -> str:
    words = path.replace("-", "_").replace(".", "_").strip("/").split("/")
    return "_".join(words) + ("_slash" if path.endswith("/") else "")
