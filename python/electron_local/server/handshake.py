"""What the query of a session's WebSocket asks for."""

from __future__ import annotations

from dataclasses import dataclass, replace

from starlette.datastructures import QueryParams

from electron_local.errors import BadRequestError, NotFoundError
from electron_local.voice import SessionConfig
from electron_local.voice.audio_encoding import ENCODINGS, G711_RATE, AudioEncoding
from electron_local.voice.hosted_voices import DEFAULT_MODEL, VOICES


@dataclass(frozen=True)
class Asked:
    """The encodings concern the wire: what is heard comes in `input_encoding`."""

    config: SessionConfig
    input_encoding: AudioEncoding


def read_query(query: QueryParams, base: SessionConfig) -> Asked:
    """`base` with `model`, `input_audio_format` and `output_audio_format`; other names are ignored.

    Raises NotFoundError for an unknown model, BadRequestError for an unknown format.

    >>> read_query(QueryParams("output_audio_format=g711_ulaw"), SessionConfig()).config.output_sample_rate
    8000
    """
    model = query.get("model", DEFAULT_MODEL)
    if model not in VOICES:
        message = f"the model {model[:80]!r} does not exist; sessions have: {', '.join(VOICES)}"
        raise NotFoundError(message, code="model_not_found", param="model")
    output = _encoding(query, "output_audio_format")
    return Asked(
        replace(
            base,
            hosted_model=model,
            output_encoding=output,
            output_sample_rate=48000 if output == "pcm16" else G711_RATE,
        ),
        _encoding(query, "input_audio_format"),
    )


def _encoding(query: QueryParams, name: str) -> AudioEncoding:
    given = query.get(name, "pcm16")
    if given not in ENCODINGS:
        message = f"{name} is {given[:40]!r}; must be one of {', '.join(ENCODINGS)}"
        raise BadRequestError(message, code="invalid_value", param=name)
    return given
