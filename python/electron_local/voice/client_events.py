"""What a user tells a session: PROTOCOL §2's client events as typed objects.

`event_id` is the user's own name of an event; errors that it causes carry it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from electron_local.voice.chat_checks import check_unicode
from electron_local.voice.items import ErrorInfo


@dataclass(frozen=True)
class ClientEvent:
    """Base of all events that a session takes.

    >>> CancelResponse(event_id="mine").event_id
    'mine'
    """

    type: ClassVar[str] = ""
    event_id: str | None = field(default=None, kw_only=True)


@dataclass(frozen=True)
class ConfigureSession(ClientEvent):
    """Settles a session that waits for it; what is None stays as it is. A second one is ignored."""

    type: ClassVar[str] = "session.configure"
    instructions: str | None = None
    voice: str | None = None
    tools: tuple[dict[str, Any], ...] | None = None
    generate_initial_response: bool | None = None


@dataclass(frozen=True)
class UpdateSession(ClientEvent):
    """Replaces the tools of the session; None: nothing to replace."""

    type: ClassVar[str] = "session.update"
    tools: tuple[dict[str, Any], ...] | None = None


@dataclass(frozen=True)
class AppendAudio(ClientEvent):
    """Audio from the microphone: float32 mono 16 kHz, silence too."""

    type: ClassVar[str] = "input_audio_buffer.append"
    audio: npt.NDArray[np.float32]


@dataclass(frozen=True)
class CreateUserText(ClientEvent):
    """A typed turn of the user (`input_text`). It is answered when a CreateResponse asks for it.

    Raises InvalidArgumentError for text with lone surrogates.
    """

    type: ClassVar[str] = "conversation.item.create"
    text: str

    def __post_init__(self) -> None:
        check_unicode("text", self.text)


@dataclass(frozen=True)
class CreateFunctionCallOutput(ClientEvent):
    """The result of a tool that the user runs himself. Raises InvalidArgumentError for one with lone surrogates."""

    type: ClassVar[str] = "conversation.item.create"
    call_id: str
    output: str

    def __post_init__(self) -> None:
        check_unicode("output", self.output)


@dataclass(frozen=True)
class CreateResponse(ClientEvent):
    """Ask for a response now. While one is in flight it is remembered until that one has played out."""

    type: ClassVar[str] = "response.create"


@dataclass(frozen=True)
class CancelResponse(ClientEvent):
    """Stop the response in flight; with an id, only that one. Nothing in flight: no answer."""

    type: ClassVar[str] = "response.cancel"
    response_id: str | None = None


@dataclass(frozen=True)
class ReportPlayback(ClientEvent):
    """A device has played so many samples of a response by now: what was heard is then known, not reckoned.

    In-process only. Worth sending with each piece of audio that is handed to the device.
    """

    type: ClassVar[str] = "output_audio_buffer.played"
    response_id: str
    n_samples: int


@dataclass(frozen=True)
class BadFrame(ClientEvent):
    """A frame that is no event; the session answers with `error`, in its place among the others."""

    error: ErrorInfo
