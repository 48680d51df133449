"""What a transcription gives back: the OpenAI API's objects as light dataclasses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from electron_local.audio_api.transcribing import Segment
from electron_local.audio_api.transcription_request import TranscriptionRequest
from electron_local.chat.types import Record
from electron_local.speech.base import Word


@dataclass
class DurationUsage(Record):
    """What was transcribed, in seconds."""

    seconds: float
    type: Literal["duration"] = "duration"


@dataclass
class Transcription(Record):
    """`response_format="json"`."""

    text: str
    usage: DurationUsage


@dataclass
class TranscriptionWord(Record):
    """Times in seconds from the start of the recording."""

    word: str
    start: float
    end: float


@dataclass
class TranscriptionSegment(Record):
    """A stretch of speech; times in seconds from the start of the recording."""

    id: int
    start: float
    end: float
    text: str


@dataclass
class TranscriptionVerbose(Record):
    """`response_format="verbose_json"`; `words` None: not asked for."""

    _omissible: ClassVar[frozenset[str]] = frozenset({"words"})

    language: str
    duration: float
    text: str
    segments: list[TranscriptionSegment]
    usage: DurationUsage
    words: list[TranscriptionWord] | None = None
    task: Literal["transcribe"] = "transcribe"


@dataclass
class TranscriptTextDelta(Record):
    """A stream's event: more text."""

    delta: str
    type: Literal["transcript.text.delta"] = "transcript.text.delta"


@dataclass
class TranscriptTextDone(Record):
    """A stream's last event: all of the text."""

    text: str
    usage: DurationUsage
    type: Literal["transcript.text.done"] = "transcript.text.done"


Answer = Transcription | TranscriptionVerbose | str


def answer_of(request: TranscriptionRequest, segments: Sequence[Segment], duration_s: float) -> Answer:
    """The whole answer in the form that was asked for; `text`, `srt` and `vtt` are plain text."""
    text = joined(segments)
    usage = DurationUsage(round(duration_s, 3))
    if request.response_format == "json":
        return Transcription(text, usage)
    if request.response_format == "verbose_json":
        numbered = [TranscriptionSegment(i, each.start, each.end, each.text) for i, each in enumerate(segments)]
        words = words_of(segments) if request.has_words else None
        return TranscriptionVerbose(request.language, round(duration_s, 3), text, numbered, usage, words)
    if request.response_format == "text":
        return text + "\n"
    return _subtitles(segments, is_vtt=request.response_format == "vtt")


def joined(segments: Sequence[Segment]) -> str:
    """The text of all segments."""
    return " ".join(segment.text for segment in segments)


def words_of(segments: Sequence[Segment]) -> list[TranscriptionWord]:
    """The words of all segments."""
    return [_timed(word) for segment in segments for word in segment.words]


def _timed(word: Word) -> TranscriptionWord:
    return TranscriptionWord(word.text, round(word.start, 3), round(word.end, 3))


def _subtitles(segments: Sequence[Segment], *, is_vtt: bool) -> str:
    blocks = ["WEBVTT"] if is_vtt else []
    for number, segment in enumerate(segments, 1):
        times = f"{_clock(segment.start, is_vtt=is_vtt)} --> {_clock(segment.end, is_vtt=is_vtt)}"
        blocks.append(f"{times}\n{segment.text}" if is_vtt else f"{number}\n{times}\n{segment.text}")
    return "\n\n".join(blocks) + "\n"


def _clock(seconds: float, *, is_vtt: bool) -> str:
    ms = round(seconds * 1000)
    mark = "." if is_vtt else ","
    return f"{ms // 3_600_000:02d}:{ms // 60_000 % 60:02d}:{ms // 1000 % 60:02d}{mark}{ms % 1000:03d}"
