"""What a session tells its user: PROTOCOL §2's server events as typed objects, in the order of a turn.

`type` is the name on the wire. Classes with `on_wire = False`, and fields marked so, exist in-process only: they carry
text, times and tool results, none of which goes over the wire.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar

from electron_local.audio.frame import AudioFrame
from electron_local.voice.audio_encoding import AudioEncoding, encode_audio
from electron_local.voice.ids import new_id
from electron_local.voice.items import ErrorInfo, Item, ResponseInfo
from electron_local.voice.ledger import TurnLedger

IN_PROCESS: Mapping[str, bool] = {"on_wire": False}


@dataclass(frozen=True, kw_only=True)
class ServerEvent:
    """Base of all events that a session sends. `time_ms`: when it was sent, on the session's clock; in-process only.

    >>> WarningIssued(code="model_deprecated", message="use hydra-v1.1", event_id="sv_1").to_wire()
    {'type': 'warning', 'event_id': 'sv_1', 'code': 'model_deprecated', 'message': 'use hydra-v1.1'}
    """

    type: ClassVar[str] = ""
    on_wire: ClassVar[bool] = True
    event_id: str = field(default_factory=lambda: new_id("sv"))
    time_ms: float = field(default=0.0, metadata=IN_PROCESS)

    def to_wire(self) -> dict[str, Any]:
        """The JSON object of this event."""
        sent = (f.name for f in fields(self) if f.metadata.get("on_wire", True))
        return {"type": self.type, **{name: _to_json(getattr(self, name)) for name in sent}}


def _to_json(value: Any) -> Any:
    return value.to_wire() if hasattr(value, "to_wire") else value


@dataclass(frozen=True, kw_only=True)
class SessionCreated(ServerEvent):
    """The session exists; nothing is heard before it is configured."""

    type: ClassVar[str] = "session.created"
    session_id: str


@dataclass(frozen=True, kw_only=True)
class SessionConfigured(ServerEvent):
    """Echo of what was applied."""

    type: ClassVar[str] = "session.configured"
    session: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class SessionUpdated(ServerEvent):
    """The fields that an update changed."""

    type: ClassVar[str] = "session.updated"
    session: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class WarningIssued(ServerEvent):
    """Something to know that breaks nothing."""

    type: ClassVar[str] = "warning"
    code: str
    message: str


@dataclass(frozen=True, kw_only=True)
class ErrorOccurred(ServerEvent):
    """Something failed; the session lives on."""

    type: ClassVar[str] = "error"
    error: ErrorInfo


@dataclass(frozen=True, kw_only=True)
class SpeechStarted(ServerEvent):
    """The user began to speak, `audio_start_ms` after the start of the audio."""

    type: ClassVar[str] = "input_audio_buffer.speech_started"
    audio_start_ms: int
    item_id: str


@dataclass(frozen=True, kw_only=True)
class SpeechStopped(ServerEvent):
    """The user's turn is over; its last speech was at `audio_end_ms`."""

    type: ClassVar[str] = "input_audio_buffer.speech_stopped"
    audio_end_ms: int
    item_id: str


@dataclass(frozen=True, kw_only=True)
class TranscriptUpdated(ServerEvent):
    """The whole partial transcript of the turn so far; any part may still change."""

    type: ClassVar[str] = "conversation.item.input_audio_transcription.updated"
    on_wire: ClassVar[bool] = False
    item_id: str
    text: str


@dataclass(frozen=True, kw_only=True)
class TranscriptCompleted(ServerEvent):
    """The final transcript of the turn; empty when nothing was understood."""

    type: ClassVar[str] = "conversation.item.input_audio_transcription.completed"
    on_wire: ClassVar[bool] = False
    item_id: str
    text: str


@dataclass(frozen=True, kw_only=True)
class ItemAdded(ServerEvent):
    """An item entered the conversation, in progress."""

    type: ClassVar[str] = "conversation.item.added"
    previous_item_id: str | None
    item: Item


@dataclass(frozen=True, kw_only=True)
class ItemDone(ServerEvent):
    """An item will not change any more. A user item that is `incomplete` was rejected and gets no response."""

    type: ClassVar[str] = "conversation.item.done"
    previous_item_id: str | None
    item: Item


@dataclass(frozen=True, kw_only=True)
class ResponseCreated(ServerEvent):
    """A response began."""

    type: ClassVar[str] = "response.created"
    response: ResponseInfo


@dataclass(frozen=True, kw_only=True)
class ReplyTextDelta(ServerEvent):
    """Text of the reply as the model writes it, ahead of its audio."""

    type: ClassVar[str] = "response.output_audio_transcript.delta"
    on_wire: ClassVar[bool] = False
    response_id: str
    item_id: str
    delta: str


@dataclass(frozen=True, kw_only=True)
class AudioDelta(ServerEvent):
    """Audio of the reply: float32 mono at the output rate; base64 of `encoding` on the wire."""

    type: ClassVar[str] = "response.output_audio.delta"
    response_id: str
    item_id: str
    output_index: int = 0
    content_index: int = 0
    delta: AudioFrame
    encoding: AudioEncoding = field(default="pcm16", metadata=IN_PROCESS)

    def to_wire(self) -> dict[str, Any]:
        """The JSON object, its audio as base64."""
        payload = encode_audio(self.delta.samples, self.encoding)
        index = {"output_index": self.output_index, "content_index": self.content_index}
        ids = {"event_id": self.event_id, "response_id": self.response_id, "item_id": self.item_id}
        return {"type": self.type, **ids, **index, "delta": base64.b64encode(payload).decode()}


@dataclass(frozen=True, kw_only=True)
class AudioDone(ServerEvent):
    """The last audio delta of the response was sent."""

    type: ClassVar[str] = "response.output_audio.done"
    response_id: str
    item_id: str
    output_index: int = 0
    content_index: int = 0


@dataclass(frozen=True, kw_only=True)
class CallArgumentsDelta(ServerEvent):
    """Arguments of a tool call as they are written; `name` in the first delta only."""

    type: ClassVar[str] = "response.function_call_arguments.delta"
    response_id: str
    call_id: str
    name: str | None = None
    delta: str

    def to_wire(self) -> dict[str, Any]:
        """The JSON object; `name` is left out where there is none."""
        wire = super().to_wire()
        return wire if self.name is not None else {key: value for key, value in wire.items() if key != "name"}


@dataclass(frozen=True, kw_only=True)
class CallArgumentsDone(ServerEvent):
    """A tool call is complete; `arguments` is a JSON object as text."""

    type: ClassVar[str] = "response.function_call_arguments.done"
    response_id: str
    call_id: str
    name: str
    arguments: str


@dataclass(frozen=True, kw_only=True)
class ToolReturned(ServerEvent):
    """A Python tool answered with `output`, or failed and `output` says how."""

    type: ClassVar[str] = "tool.returned"
    on_wire: ClassVar[bool] = False
    call_id: str
    name: str
    output: str
    failed: bool
    duration_ms: float


@dataclass(frozen=True, kw_only=True)
class ResponseDone(ServerEvent):
    """The response is over: `completed`, `cancelled`, `incomplete` or `failed`. Nothing more of it follows."""

    type: ClassVar[str] = "response.done"
    response: ResponseInfo
    ledger: TurnLedger = field(default=TurnLedger(), metadata=IN_PROCESS)
