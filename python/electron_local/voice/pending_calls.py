"""The tool calls of one response, until each has an output: from a Python tool, or from the user of the session."""

from __future__ import annotations

from collections.abc import Callable

from electron_local.voice.client_events import CreateFunctionCallOutput
from electron_local.voice.events import ErrorOccurred, ToolReturned
from electron_local.voice.history import ToolCall
from electron_local.voice.item_chain import Emit
from electron_local.voice.items import ErrorInfo
from electron_local.voice.tool_runner import ToolFinished, ToolRunner, error_output


class PendingCalls:
    """Owned by the conversation thread.

    Args:
        runner: of the Python tools; None when the user of the session runs them.
        timeout_s: how long a call may be without an output, and its outputs without a `response.create`.
    """

    def __init__(self, runner: ToolRunner | None, timeout_s: float, emit: Emit, now_ms: Callable[[], float]) -> None:
        self._runner = runner
        self._timeout_s = timeout_s
        self._emit = emit
        self._now_ms = now_ms
        self._calls: dict[str, ToolCall] = {}
        self._deadlines: dict[str, float] = {}
        self._outputs: dict[str, str] = {}
        self._answered_ms = 0.0  # when the last output came

    def __bool__(self) -> bool:
        return bool(self._calls)

    @property
    def runs_tools(self) -> bool:
        """Whether outputs come without the session's user."""
        return self._runner is not None

    @property
    def waits_for_user(self) -> bool:
        """Whether there are calls whose outputs, or the request to go on, come from the session's user."""
        return bool(self._calls) and not self.runs_tools

    @property
    def is_complete(self) -> bool:
        """Whether no output is missing."""
        return not self._deadlines

    @property
    def next_deadline_ms(self) -> float | None:
        """When the next call runs out of time; None when all have outputs."""
        return min(self._deadlines.values(), default=None)

    @property
    def abandoned_ms(self) -> float | None:
        """When outputs that are all there count as forgotten by the session's user; None: he has nothing to do."""
        if not self.waits_for_user or self._deadlines:
            return None
        return self._answered_ms + self._timeout_s * 1000.0

    @property
    def outputs(self) -> list[tuple[str, str | None]]:
        """The ids of all calls in order, with the outputs that are there."""
        return [(call_id, self._outputs.get(call_id)) for call_id in self._calls]

    def start(self, call: ToolCall) -> None:
        """A call was made: run it, or wait for its output."""
        self._calls[call.id] = call
        self._deadlines[call.id] = self._now_ms() + self._timeout_s * 1000.0
        if self._runner is not None:
            self._runner.start(call)

    def take_result(self, finished: ToolFinished) -> bool:
        """Note what a Python tool returned, and tell; False when it was given up, though its id may be in use again."""
        call = finished.call
        if self._calls.get(call.id) is not call or not self._answer(call.id, finished.output):
            return False
        self._emit(
            ToolReturned(
                call_id=finished.call.id,
                name=finished.call.name,
                output=finished.output,
                failed=finished.failed,
                duration_ms=finished.duration_ms,
            )
        )
        return True

    def take_client_output(self, given: CreateFunctionCallOutput) -> bool:
        """Note what the user of the session says; False: it is for no call that waits, which he is told."""
        if self._answer(given.call_id, given.output):
            return True
        message = f"no tool call {given.call_id[:80]!r} waits for an output"
        kind = "invalid_request_error"
        self._emit(ErrorOccurred(error=ErrorInfo(kind, kind, message, "item.call_id", given.event_id)))
        return False

    def expire(self) -> bool:
        """Whether the time of a call is over. A Python tool's gets an error for its output, and its thread is left
        alone; the session's user is told."""
        now_ms = self._now_ms()
        overdue = [self._calls[call_id] for call_id, due_ms in self._deadlines.items() if now_ms >= due_ms]
        if self.runs_tools:
            for call in overdue:
                self.take_result(ToolFinished(call, error_output(self.timeout_message), True, self._timeout_s * 1000.0))
        elif overdue:
            self._tell_timeout(f"tool call {overdue[0].id}: {self.timeout_message}")
        return bool(overdue)

    def expire_request(self) -> bool:
        """Whether the time to ask for a response to the outputs is over, which the session's user is told."""
        if self.abandoned_ms is None or self._now_ms() < self.abandoned_ms:
            return False
        self._tell_timeout(f"no response.create within {self._timeout_s:g} s after the outputs of the tool calls")
        return True

    @property
    def timeout_message(self) -> str:
        """What is said of a call that is overdue."""
        return f"no result within {self._timeout_s:g} s"

    def _tell_timeout(self, message: str) -> None:
        self._emit(ErrorOccurred(error=ErrorInfo("api_error", "tool_response_timeout", message)))

    def clear(self, default_output: str = "") -> list[tuple[str, str]]:
        """Forget all calls; return their ids and outputs in order, `default_output` where there is none."""
        answered = [(call_id, self._outputs.get(call_id, default_output)) for call_id in self._calls]
        for table in (self._calls, self._deadlines, self._outputs):
            table.clear()
        return answered

    def _answer(self, call_id: str, output: str) -> bool:
        if self._deadlines.pop(call_id, None) is None:
            return False
        self._outputs[call_id] = output
        self._answered_ms = self._now_ms()
        return True
