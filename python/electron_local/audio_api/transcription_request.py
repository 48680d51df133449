"""THE validator of requests for transcripts, in OpenAI's names and in Pulse's (PROTOCOL §3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

from electron_local.audio_api.recording import ENCODINGS, Encoding
from electron_local.chat.checks import Fields, Problems

ResponseFormat = Literal["json", "text", "srt", "verbose_json", "vtt"]
RESPONSE_FORMATS: tuple[ResponseFormat, ...] = ("json", "text", "srt", "verbose_json", "vtt")
GRANULARITIES = ("word", "segment")
MIN_RATE_HZ, MAX_RATE_HZ = 8000, 48000
DEFAULT_RATE_HZ = 16000
_TRUTHS = {"true": True, "1": True, "false": False, "0": False}


@dataclass(frozen=True)
class TranscriptionRequest:
    """How to transcribe: the form of the answer, times of words, events while it is made."""

    language: str = "en"
    response_format: ResponseFormat = "json"
    has_words: bool = False
    as_events: bool = False


@dataclass(frozen=True)
class PulseRequest:
    """The query of `pulse/get_text` and `stt`; `encoding` and `sample_rate` are those of audio that is no file.

    `names_encoding`: the query gives `encoding`, so two bytes as an MP3 frame has them are taken for samples.
    """

    language: str = "en"
    encoding: Encoding = "linear16"
    sample_rate: int = DEFAULT_RATE_HZ
    has_words: bool = False
    names_encoding: bool = False


def parse_transcription(form: Mapping[str, Any]) -> TranscriptionRequest:
    """The fields of OpenAI's request, but for `file`; text as a form has it, or JSON values. Raises BadRequestError.

    `prompt`, `temperature` and fields that are not known change nothing.
    """
    problems = Problems()
    fields = Fields(form, problems)
    if not fields.string("model") and not form.get("model"):
        fields.refuse("model", "missing", "is required")
    response_format = fields.one_of("response_format", RESPONSE_FORMATS, "json")
    wanted = form.get("timestamp_granularities")
    granularities = list(wanted) if isinstance(wanted, list | tuple) else [] if wanted is None else [wanted]
    if any(each not in GRANULARITIES for each in granularities):
        message = f"is {str(granularities)[:60]}; must be of {', '.join(GRANULARITIES)}"
        fields.refuse("timestamp_granularities", "invalid_value", message)
    request = TranscriptionRequest(
        language=fields.string("language") or "en",
        response_format=cast(ResponseFormat, response_format),
        has_words="word" in granularities,
        as_events=_boolean(fields, "stream"),
    )
    if request.as_events and response_format not in ("json", "text"):
        fields.refuse("stream", "invalid_value", f"goes with response_format json or text, not {response_format}")
    problems.raise_if_any()
    return request


def parse_pulse(query: Mapping[str, str]) -> PulseRequest:
    """The query of Pulse's paths. Raises BadRequestError."""
    problems = Problems()
    fields = Fields(query, problems)
    rate = fields.string("sample_rate", str(DEFAULT_RATE_HZ)) or ""
    if not (rate.isascii() and rate.isdecimal() and len(rate) < 7 and MIN_RATE_HZ <= int(rate) <= MAX_RATE_HZ):
        message = f"is {rate[:40]!r}; must be a whole number from {MIN_RATE_HZ} to {MAX_RATE_HZ}"
        fields.refuse("sample_rate", "invalid_value", message)
    encoding = fields.one_of("encoding", ENCODINGS, "linear16")
    has_words = _boolean(fields, "word_timestamps")
    language, names_encoding = fields.string("language") or "en", bool(fields.string("encoding"))
    problems.raise_if_any()
    return PulseRequest(language, cast(Encoding, encoding), int(rate), has_words, names_encoding)


def _boolean(fields: Fields, name: str) -> bool:
    value = fields.get(name)
    if isinstance(value, str) and value.lower() in _TRUTHS:
        return _TRUTHS[value.lower()]
    if isinstance(value, str):
        fields.refuse(name, "invalid_value", f"is {value[:40]!r}; must be true or false")
        return False
    return fields.boolean(name, False)
