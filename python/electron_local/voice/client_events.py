"""What a user tells a session: PROTOCOL §2's client events as typed objects."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class AppendAudio:
    """Audio from the microphone: float32 mono 16 kHz, silence too."""

    type: ClassVar[str] = "input_audio_buffer.append"
    audio: npt.NDArray[np.float32]


@dataclass(frozen=True)
class CreateFunctionCallOutput:
    """The result of a tool that the user runs himself."""

    type: ClassVar[str] = "conversation.item.create"
    call_id: str
    output: str


@dataclass(frozen=True)
class CreateResponse:
    """Ask for a response now. While one is in flight it is remembered until that one has played out."""

    type: ClassVar[str] = "response.create"


@dataclass(frozen=True)
class CancelResponse:
    """Stop the response in flight; with an id, only that one. Nothing in flight: no answer."""

    type: ClassVar[str] = "response.cancel"
    response_id: str | None = None


@dataclass(frozen=True)
class UpdateSession:
    """Replace the tools of the session."""

    type: ClassVar[str] = "session.update"
    tools: tuple[dict[str, Any], ...] = field(default=())


ClientEvent = AppendAudio | CreateFunctionCallOutput | CreateResponse | CancelResponse | UpdateSession
