"""The mouth of a session: responses, the tools that they call, and the responses that narrate the results."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from electron_local.errors import APIError
from electron_local.voice.client_events import CreateFunctionCallOutput
from electron_local.voice.config import SessionConfig
from electron_local.voice.events import ErrorOccurred, ToolReturned
from electron_local.voice.generation import GenerationJob, Made
from electron_local.voice.history import History, ToolCall, user_message
from electron_local.voice.ids import new_id
from electron_local.voice.item_chain import Emit, ItemChain
from electron_local.voice.items import ErrorInfo, Item
from electron_local.voice.ledger import TurnLedger
from electron_local.voice.pending_calls import PendingCalls
from electron_local.voice.prefill import PrefillJob
from electron_local.voice.reply import Reply
from electron_local.voice.requests import reading_request, response_request
from electron_local.voice.runtime import Mailbox, Runtime
from electron_local.voice.tool_runner import ToolFinished, ToolRunner, error_output

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Outlets:
    """What a responder acts through.

    Attributes:
        jobs: read by the response thread.
        tool_runner: None when the user of the session runs the tools.
    """

    runtime: Runtime
    now_ms: Callable[[], float]
    emit: Emit
    chain: ItemChain
    jobs: Mailbox
    tool_runner: ToolRunner | None


class Responder:
    """Owned by the conversation thread. At most one response is in flight; its tools count as part of it.

    `on_idle` is called when a response, and all that followed from it, is over by itself.
    """

    def __init__(self, config: SessionConfig, outlets: Outlets) -> None:
        self.config = config
        self.history = History(config.instructions)
        self.on_idle: Callable[[], None] = lambda: None
        self._out = outlets
        self._reply: Reply | None = None
        self._ahead: tuple[str, Reply] | None = None  # what the user seems to have said, and the reply that is held
        self._pending = PendingCalls()
        self._typed: list[str] = []
        self._ledger = TurnLedger()
        self._n_rounds = 0
        self._is_held = False
        self._is_create_requested = False
        self._opens_ms = 0.0

    @property
    def is_active(self) -> bool:
        """Whether a response is in flight or waits for its tools."""
        return self._reply is not None or bool(self._pending)

    @property
    def next_wake_ms(self) -> float | None:
        """When `advance` has something to do."""
        reply_ms = self._reply.next_wake_ms if self._reply and not self._is_held else None
        return min((ms for ms in (reply_ms, self._pending.next_deadline_ms) if ms is not None), default=None)

    def configure(self, config: SessionConfig) -> None:
        """Begin with other settings. Nothing may have been said."""
        self.config = config
        self.history = History(config.instructions)

    def respond(self, ledger: TurnLedger) -> None:
        """Answer what the history holds. Nothing may be in flight."""
        self._ledger = ledger
        self._n_rounds = 0
        self._start_reply()

    def answer(self, text: str, ledger: TurnLedger) -> None:
        """Respond to a turn of the user: with the reply made ahead, if it was made to the same words."""
        ahead, self._ahead = self._ahead, None
        if ahead is not None and ahead[0] != text:
            ahead[1].job.cancel()
            ahead = None
        self.history.add_user(text)
        if ahead is None:
            self.respond(ledger)
            return
        self._ledger = ledger
        self._n_rounds = 0
        self._is_create_requested = False
        self._reply = ahead[1]
        self._reply.release(max(self._out.now_ms(), self._opens_ms), ledger)
        self.advance()

    def respond_ahead(self, text: str) -> None:
        """Make the reply to `text` and hold it. Nothing may be in flight."""
        self.drop_ahead()
        self._n_rounds = 0
        messages = [*self.history.messages(), user_message(text)]
        self._ahead = text, self._make_reply(messages, opens_ms=math.inf, ledger=TurnLedger())

    def judge_request(self, text: str) -> dict[str, Any]:
        """The arguments of `chat.completions.end_of_turn` when the user has said `text` so far."""
        return reading_request(self.config, [*self.history.messages(), user_message(text)])

    def read_instructions(self) -> None:
        """Have the instructions and tools in the model's cache before the first turn asks for them."""
        self._out.jobs.put(PrefillJob(reading_request(self.config, self.history.messages())))

    def add_text(self, text: str) -> None:
        """A typed turn of the user. It follows what is in flight, and waits for `request_response`."""
        self.drop_ahead()
        item = Item(new_id("item"), role="user", text=text, is_typed=True)
        self._out.chain.add(item)
        self._out.chain.finish(replace(item, status="completed"))
        self._typed.append(text)
        if not self.is_active:
            self._take_typed()

    def drop_ahead(self) -> None:
        """Forget the reply that is held; nothing happens without one."""
        if self._ahead is not None:
            self._ahead[1].job.cancel()
            self._ahead = None

    def request_response(self) -> None:
        """`response.create`: now, or when the response in flight has played out."""
        self.drop_ahead()
        self._is_create_requested = True
        self._continue()

    def hold(self) -> None:
        """Send nothing until `resume`."""
        self._is_held = True

    def resume(self) -> None:
        """Go on after `hold`."""
        self._is_held = False
        self.advance()

    def cancel(self, reason: str) -> bool:
        """End what is in flight, cut the history to what was heard; False when nothing was."""
        was_active = self.is_active
        self.drop_ahead()
        self._drop("cancelled", {"reason": reason}, error_output(f"{reason} before there was a result"))
        return was_active

    def cancel_response(self, response_id: str | None) -> bool:
        """`response.cancel`; False when it is not in flight."""
        in_flight = self._reply.job.response_id if self._reply else None
        return response_id in (None, in_flight) and self.cancel("client_cancelled")

    def take(self, made: Made) -> None:
        """A message from the response thread; one of an earlier response is dropped."""
        for reply in (self._reply, self._ahead[1] if self._ahead else None):
            if reply is not None and made.response_id == reply.job.response_id:
                reply.take(made, self._out.now_ms())
                self.advance()

    def take_tool_result(self, finished: ToolFinished) -> None:
        """A Python tool returned; nothing happens if it was given up."""
        if self._pending.answer(finished.call.id, finished.output):
            self._report(finished)
            self._continue()

    def take_client_output(self, given: CreateFunctionCallOutput) -> None:
        """The user of the session ran a tool."""
        if not self._pending.answer(given.call_id, given.output):
            message = f"no tool call {given.call_id[:80]!r} waits for an output"
            kind = "invalid_request_error"
            self._out.emit(ErrorOccurred(error=ErrorInfo(kind, kind, message, "item.call_id", given.event_id)))

    def advance(self) -> None:
        """Do what is due now."""
        now_ms = self._out.now_ms()
        for call in self._pending.overdue(now_ms):
            self._give_up(call)
        if self._reply is None:
            return
        if not self._is_held:
            self._reply.advance(now_ms)
        if self._reply.error is not None:
            self._fail_reply(self._reply.error)
        elif self._reply.is_over and not self._is_held:
            self._finish_reply(self._reply)

    def _take_typed(self) -> None:
        for text in self._typed:
            self.history.add_user(text)
        self._typed.clear()

    def _start_reply(self) -> None:
        self._is_create_requested = False
        self._take_typed()
        opens_ms = max(self._out.now_ms(), self._opens_ms)
        self._reply = self._make_reply(self.history.messages(), opens_ms=opens_ms, ledger=self._ledger)
        self.advance()

    def _make_reply(self, messages: list[dict[str, Any]], *, opens_ms: float, ledger: TurnLedger) -> Reply:
        job = GenerationJob(
            new_id("resp"), response_request(self.config, messages, self._n_rounds), self._out.runtime.mailbox()
        )
        reply = Reply(
            job,
            config=self.config,
            opens_ms=opens_ms,
            ledger=replace(ledger, request_ms=self._out.now_ms()),
            chain=self._out.chain,
            emit=self._out.emit,
            on_call=self._call_made,
        )
        self._out.jobs.put(job)
        return reply

    def _call_made(self, call: ToolCall) -> None:
        self._pending.add(call, self._out.now_ms() + self.config.tool_timeout_s * 1000.0)
        if self._out.tool_runner is not None:
            self._out.tool_runner.start(call)

    def _finish_reply(self, reply: Reply) -> None:
        self.history.add_assistant(reply.text, tuple(reply.calls))
        self._opens_ms = reply.played_out_ms or 0.0
        self._reply = None
        reply.complete()
        self._continue()

    def _continue(self) -> None:
        """Start the next response of a chain, when everything that it needs is there."""
        if self._reply is not None or self._pending.next_deadline_ms is not None:
            return
        had_calls = bool(self._pending)
        if had_calls and self._out.tool_runner is None and not self._is_create_requested:
            return
        for call_id, output in self._pending.clear():
            self.history.add_tool_output(call_id, output)
        if had_calls or self._is_create_requested:
            self._n_rounds += had_calls
            self._start_reply()
        else:
            self._take_typed()
            self.on_idle()

    def _give_up(self, call: ToolCall) -> None:
        message = f"no result within {self.config.tool_timeout_s:g} s"
        if self._out.tool_runner is not None:
            timeout_ms = self.config.tool_timeout_s * 1000.0
            self.take_tool_result(ToolFinished(call, error_output(message), True, timeout_ms))
        elif self._pending:
            info = ErrorInfo("api_error", "tool_response_timeout", f"tool call {call.id}: {message}")
            self._out.emit(ErrorOccurred(error=info))
            self._drop("cancelled", {"reason": "tool_response_timeout"}, error_output(message))
            self.on_idle()

    def _fail_reply(self, error: Exception) -> None:
        logger.error("response failed: %s", error, exc_info=error)
        kind = error.type if isinstance(error, APIError) else "api_error"
        code = (error.code if isinstance(error, APIError) else None) or "internal_error"
        details = {"error": {"type": kind, "code": code, "message": str(error)}}
        self._drop("failed", details, error_output("the response failed before there was a result"))
        self.on_idle()

    def _drop(self, status: Any, details: dict[str, Any], missing_output: str) -> None:
        reply, self._reply = self._reply, None
        if reply is not None:
            heard = reply.heard(self._out.now_ms())
            self.history.add_assistant(heard, tuple(reply.calls))
            reply.abort(status, details, heard)
        for call_id, output in self._pending.clear(missing_output):
            self.history.add_tool_output(call_id, output)
        self._take_typed()
        self._is_held = self._is_create_requested = False
        self._opens_ms = 0.0

    def _report(self, finished: ToolFinished) -> None:
        self._out.emit(
            ToolReturned(
                call_id=finished.call.id,
                name=finished.call.name,
                output=finished.output,
                failed=finished.failed,
                duration_ms=finished.duration_ms,
            )
        )
