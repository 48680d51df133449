"""The tool calls of one response, until each has an output."""

from __future__ import annotations

from electron_local.voice.history import ToolCall


class PendingCalls:
    """Owned by the conversation thread."""

    def __init__(self) -> None:
        self._calls: dict[str, ToolCall] = {}
        self._deadlines: dict[str, float] = {}
        self._outputs: dict[str, str] = {}

    def __bool__(self) -> bool:
        return bool(self._calls)

    @property
    def next_deadline_ms(self) -> float | None:
        """When the next call runs out of time; None when all have outputs."""
        return min(self._deadlines.values(), default=None)

    def add(self, call: ToolCall, deadline_ms: float) -> None:
        """A call that was made."""
        self._calls[call.id] = call
        self._deadlines[call.id] = deadline_ms

    def answer(self, call_id: str, output: str) -> bool:
        """Note an output; False for a call that is unknown, answered, or out of time."""
        if self._deadlines.pop(call_id, None) is None:
            return False
        self._outputs[call_id] = output
        return True

    def overdue(self, now_ms: float) -> list[ToolCall]:
        """The calls without an output whose time is over."""
        return [self._calls[call_id] for call_id, deadline_ms in self._deadlines.items() if now_ms >= deadline_ms]

    def clear(self, default_output: str = "") -> list[tuple[str, str]]:
        """Forget all calls; return their ids and outputs in order, `default_output` where there is none."""
        answered = [(call_id, self._outputs.get(call_id, default_output)) for call_id in self._calls]
        for table in (self._calls, self._deadlines, self._outputs):
            table.clear()
        return answered
