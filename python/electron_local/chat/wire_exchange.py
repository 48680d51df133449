"""What every request under way has in common, whatever it asks for."""

from __future__ import annotations

from abc import ABC, abstractmethod

from electron_local.chat.wire_response import WireResponse
from electron_local.engine import Usage


class BaseExchange(ABC):
    """One request under way. Take its response once; `cancel` from any thread."""

    def __init__(self, request_id: str) -> None:
        self.request_id = request_id

    @property
    @abstractmethod
    def is_stream(self) -> bool:
        """Whether the answer comes in events."""

    @property
    def usage(self) -> Usage | None:
        """Tokens so far; None where the model was not asked."""
        return None

    @abstractmethod
    def cancel(self) -> None:
        """Stop the computation. Idempotent."""

    @abstractmethod
    def respond(self) -> WireResponse:
        """Wait for the result, or for the first piece of a stream. Errors become responses."""

    @abstractmethod
    async def arespond(self) -> WireResponse:
        """`respond`, awaited; cancelling the task cancels the computation."""
