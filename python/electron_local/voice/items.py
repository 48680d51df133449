"""The nouns inside events: a conversation item, a response, its usage, an error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from electron_local.errors import APIError

ItemStatus = Literal["in_progress", "completed", "incomplete"]
ResponseStatus = Literal["in_progress", "completed", "cancelled", "failed", "incomplete"]


@dataclass(frozen=True)
class Item:
    """One entry of the conversation.

    Attributes:
        type: `message`, or `function_call` in the output of a response.
        role: `user` or `assistant` on a message, None on a function call.
        text: what was said; in-process only, no transcript goes over the wire.
        is_typed: the user wrote it; only such text is on the wire.
        call_id, name, arguments: of a function call, else None.

    >>> Item("item_1", role="user", status="completed", text="hello").to_wire()["content"]
    [{'type': 'input_audio'}]
    """

    id: str
    type: Literal["message", "function_call"] = "message"
    role: Literal["user", "assistant"] | None = None
    status: ItemStatus = "in_progress"
    text: str = ""
    call_id: str | None = None
    name: str | None = None
    arguments: str | None = None
    is_typed: bool = False

    def to_wire(self) -> dict[str, Any]:
        """The JSON object of this item, without what was spoken."""
        if self.type == "function_call":
            call = {"call_id": self.call_id, "name": self.name, "arguments": self.arguments}
            return {"id": self.id, "type": self.type, "status": self.status, **call}
        kind = "input_audio" if self.role == "user" else "output_audio"
        content = [] if self.status == "in_progress" else [{"type": kind}]
        if self.is_typed:
            content = [{"type": "input_text", "text": self.text}]
        return {"id": self.id, "type": self.type, "role": self.role, "status": self.status, "content": content}


@dataclass(frozen=True)
class Usage:
    """Tokens of one response. `cached_tokens` (in-process only) is the part of the input that was not recomputed."""

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0

    def to_wire(self) -> dict[str, int]:
        """`input_tokens`, `output_tokens`, `total_tokens`."""
        total = self.input_tokens + self.output_tokens
        return {"input_tokens": self.input_tokens, "output_tokens": self.output_tokens, "total_tokens": total}


@dataclass(frozen=True)
class ErrorInfo:
    """What went wrong. `event_id` is the client event that caused it, if one did."""

    type: str
    code: str
    message: str
    param: str | None = None
    event_id: str | None = None

    def to_wire(self) -> dict[str, str | None]:
        """All five fields."""
        return {
            "type": self.type,
            "code": self.code,
            "message": self.message,
            "param": self.param,
            "event_id": self.event_id,
        }

    def as_details(self) -> dict[str, str]:
        """What `status_details` of a failed response says."""
        return {"type": self.type, "code": self.code, "message": self.message}


def as_error_info(error: Exception) -> ErrorInfo:
    """Of anything that was raised; what is no APIError is an internal error.

    >>> as_error_info(ValueError("no memory")).code
    'internal_error'
    """
    if isinstance(error, APIError):
        return ErrorInfo(error.type, error.code or "internal_error", str(error))
    return ErrorInfo("api_error", "internal_error", str(error))


@dataclass(frozen=True)
class ResponseInfo:
    """The state of a response. `status_details` is `{"reason": …}` or `{"error": {…}}`."""

    id: str
    status: ResponseStatus = "in_progress"
    status_details: dict[str, Any] | None = None
    output: tuple[Item, ...] = ()
    usage: Usage | None = None

    def to_wire(self) -> dict[str, Any]:
        """Only the id while in progress, everything afterwards."""
        if self.status == "in_progress":
            return {"id": self.id}
        return {
            "id": self.id,
            "status": self.status,
            "status_details": self.status_details,
            "output": [item.to_wire() for item in self.output],
            "usage": (self.usage or Usage()).to_wire(),
        }
