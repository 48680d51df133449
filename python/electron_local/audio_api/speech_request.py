"""THE validator of requests for speech, in OpenAI's names and in Lightning's (PROTOCOL §3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from electron_local.chat.checks import Fields, Problems, kind
from electron_local.errors import BadRequestError

AudioFormat = Literal["pcm", "mp3", "wav", "ulaw", "alaw"]
FORMATS: tuple[AudioFormat, ...] = ("pcm", "mp3", "wav", "ulaw", "alaw")
SAMPLE_RATES = (8000, 16000, 22050, 24000, 44100)
DEFAULT_SAMPLE_RATE = 44100
MIN_SPEED, MAX_SPEED = 0.5, 2.0
MAX_TEXT_CHARS = 10_000


@dataclass(frozen=True)
class FieldNames:
    """How one family of APIs calls the fields; `model`: whether there must be one."""

    text: str
    voice: str
    audio_format: str
    needs_model: bool = False


OPENAI = FieldNames("input", "voice", "response_format", needs_model=True)
LIGHTNING = FieldNames("text", "voice_id", "output_format")


@dataclass(frozen=True)
class SpeechRequest:
    """What is to be said, and how. `voice` None: the synthesiser's own. `as_events`: in server-sent events.

    `then`: what is said behind it, in a manner of its own.
    """

    text: str
    voice: str | None = None
    audio_format: AudioFormat = "pcm"
    sample_rate: int = DEFAULT_SAMPLE_RATE
    speed: float = 1.0
    language: str = "en"
    as_events: bool = False
    names: FieldNames = OPENAI
    then: SpeechRequest | None = field(default=None, repr=False)


def parse_speech(body: Any, names: FieldNames) -> SpeechRequest:
    """The request in a JSON object. Raises BadRequestError with every broken rule in `details`.

    >>> parse_speech({"text": "hello", "sample_rate": 8000}, LIGHTNING).audio_format
    'pcm'
    """
    if not isinstance(body, Mapping):
        raise BadRequestError(f"the body must be a JSON object, not {kind(body)}", code="invalid_type")
    problems = Problems()
    fields = Fields(body, problems)
    text = fields.string(names.text)
    if text is None and body.get(names.text) is None:
        fields.refuse(names.text, "missing", "is required")
    elif text is not None and not text.strip():
        fields.refuse(names.text, "too_small", "is blank; must say something")
    elif text is not None and len(text) > MAX_TEXT_CHARS:
        fields.refuse(names.text, "too_big", f"has {len(text)} characters; must have at most {MAX_TEXT_CHARS}")
    if names.needs_model and not fields.string("model") and not body.get("model"):
        fields.refuse("model", "missing", "is required")
    request = SpeechRequest(
        text=text or "",
        voice=fields.string(names.voice),
        audio_format=cast(AudioFormat, fields.one_of(names.audio_format, FORMATS, "pcm")),
        sample_rate=_sample_rate(fields),
        speed=fields.number("speed", MIN_SPEED, MAX_SPEED, 1.0),
        language=fields.string("language") or "en",
        as_events=fields.one_of("stream_format", ("audio", "sse"), "audio") == "sse",
        names=names,
    )
    problems.raise_if_any()
    return request


def _sample_rate(fields: Fields) -> int:
    rate = fields.integer("sample_rate", SAMPLE_RATES[0], SAMPLE_RATES[-1], DEFAULT_SAMPLE_RATE)
    if rate is not None and rate not in SAMPLE_RATES:
        allowed = ", ".join(map(str, SAMPLE_RATES))
        fields.refuse("sample_rate", "invalid_value", f"is {rate}; must be one of {allowed}")
    return rate or DEFAULT_SAMPLE_RATE
