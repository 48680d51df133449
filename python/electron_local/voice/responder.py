"""The mouth of a session: responses, the tools that they call, and the responses that narrate the results."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from electron_local.errors import InternalServerError
from electron_local.voice.asking import Asking
from electron_local.voice.client_events import CreateFunctionCallOutput
from electron_local.voice.config import SessionConfig
from electron_local.voice.generation import GenerationJob, Made
from electron_local.voice.held_reply import HeldReply
from electron_local.voice.history import ToolCall
from electron_local.voice.history_limit import is_too_long
from electron_local.voice.ids import new_id
from electron_local.voice.items import as_error_info
from electron_local.voice.ledger import TurnLedger
from electron_local.voice.narration import NarrationReader
from electron_local.voice.outlets import Outlets
from electron_local.voice.pending_calls import PendingCalls
from electron_local.voice.prefill import InstructionsReader
from electron_local.voice.prompts import Prompts
from electron_local.voice.reply import Reply
from electron_local.voice.tool_runner import ToolFinished, error_output
from electron_local.voice.typed_turns import TypedTurns

logger = logging.getLogger(__name__)


class Responder:
    """Owned by the conversation thread. At most one response is in flight; its tools count as part of it.

    `on_idle` is called when a response, and all that followed from it, is over by itself.
    """

    def __init__(self, config: SessionConfig, outlets: Outlets) -> None:
        self.prompts = Prompts(config, outlets.emit)
        self.on_idle: Callable[[], None] = lambda: None
        self._out = outlets
        self._reply: Reply | None = None
        self._ahead = HeldReply()
        self._pending = PendingCalls(outlets.tool_runner, config.tool_timeout_s, outlets.emit, outlets.now_ms)
        narration_jobs = outlets.jobs if config.early.read_narration else None
        self._narration = NarrationReader(narration_jobs, self._narration_request)
        self._typed = TypedTurns(outlets.chain)
        self._ledger = TurnLedger()
        self._n_rounds, self._is_held, self._opens_ms = 0, False, 0.0
        self._asking = Asking()
        self._instructions = InstructionsReader(outlets.jobs)

    @property
    def config(self) -> SessionConfig:
        """As it holds now."""
        return self.prompts.config

    @property
    def is_active(self) -> bool:
        """Whether a response is in flight or waits for its tools."""
        return self._reply is not None or bool(self._pending)

    @property
    def next_wake_ms(self) -> float | None:
        """When `advance` has something to do."""
        reply = None if self._is_held else self._reply
        reply_ms = reply.next_wake_ms if reply else None
        mute_ms = reply.mute_ms(self._out.now_ms()) if reply else None
        asked_ms = None if self._reply else self._pending.abandoned_ms
        times = (mute_ms, reply_ms, self._pending.next_deadline_ms, asked_ms, self._narration.next_wake_ms)
        return min((ms for ms in times if ms is not None), default=None)

    def respond(self, ledger: TurnLedger) -> None:
        """Answer what the history holds. Nothing may be in flight."""
        self._ledger, self._n_rounds = ledger, 0
        self._start_reply()

    def answer(self, text: str, ledger: TurnLedger) -> None:
        """Respond to a turn of the user: with the reply made ahead, if it was made to the same words."""
        self.prompts.history.add_user(text)
        ahead = self._ahead.take(text)
        if ahead is None:
            self.respond(ledger)
            return
        self._ledger, self._reply, self._n_rounds = ledger, ahead, 0
        self._asking.begin()
        self._reply.release(max(self._out.now_ms(), self._opens_ms), ledger)
        self.advance()

    def respond_ahead(self, text: str) -> None:
        """Make the reply to `text` and hold it. Nothing may be in flight."""
        self.drop_ahead()
        self._n_rounds = 0
        request = self.prompts.response(0, said=text)
        self._ahead.hold(text, self._make_reply(request, opens_ms=math.inf, ledger=TurnLedger()))

    def read_instructions(self) -> None:
        """Have the instructions and tools in the model's cache before the first turn asks for them."""
        if self.config.early.read_instructions:
            self._instructions.read(self.prompts.instructions())

    def add_text(self, text: str) -> None:
        """A typed turn of the user. It follows what is in flight, and waits for `ask`."""
        self._asking.note(accepted=True)
        self.drop_ahead()
        self._typed.add(text)
        if not self.is_active:
            self._typed.settle(self.prompts.history)

    def drop_ahead(self) -> None:
        """Forget the reply that is held; nothing happens without one."""
        self._ahead.drop()

    def ask(self) -> bool:
        """`response.create` came; False: there is nothing to answer. `respond_when_free` does what it asks for."""
        return self._asking.ask(outputs_missing=not self._pending.is_complete)

    def respond_when_free(self) -> None:
        """Do what was asked for: now, or when the response in flight has played out."""
        self.drop_ahead()
        self._continue()

    def hold(self, onset_ms: float) -> None:
        """Send nothing of what is in flight until `resume`: the user speaks since `onset_ms`."""
        self._is_held = True
        if self._reply is not None:
            self._reply.talked_over(onset_ms)

    def resume(self) -> None:
        """Go on after `hold`."""
        self._is_held = False
        self.advance()

    def cancel(self, reason: str) -> None:
        """End what is in flight, if anything is, and cut the history to what was heard."""
        self.drop_ahead()
        self._drop("cancelled", {"reason": reason}, error_output(f"{reason} before there was a result"))

    def cancel_response(self, response_id: str | None) -> None:
        """`response.cancel` of what is in flight, whose tools may still run; with an id, of nothing that was asked
        for behind it."""
        if self._reply is None or response_id not in (None, self._reply.job.response_id):
            return
        if response_id is None:
            self.cancel("client_cancelled")
            self.on_idle()
        else:
            self._give_up("cancelled", {"reason": "client_cancelled"}, "cancelled before there was a result")

    def take(self, made: Made) -> None:
        """A message from the response thread; one of an earlier response is dropped."""
        for reply in (self._reply, self._ahead.reply):
            if reply is not None and made.response_id == reply.job.response_id:
                reply.take(made, self._out.now_ms())
                self.advance()

    def report_playback(self, response_id: str, n_samples: int) -> None:
        """A device has played so much of a response; of an earlier one it means nothing."""
        if self._reply is not None and self._reply.job.response_id == response_id:
            self._reply.report_played(n_samples, self._out.now_ms())

    def take_tool_result(self, finished: ToolFinished) -> None:
        """A Python tool returned; nothing happens if it was given up."""
        if self._pending.take_result(finished):
            self._continue()

    def take_client_output(self, given: CreateFunctionCallOutput) -> None:
        """The user of the session ran a tool."""
        self._asking.note(accepted=self._pending.take_client_output(given) or bool(self._pending))
        if self._asking.is_open or self._pending.runs_tools:
            self._continue()

    def advance(self) -> None:
        """Do what is due now."""
        now_ms = self._out.now_ms()
        self._expire_calls()
        self._narration.advance(now_ms)
        if self._reply is None:
            return
        if not self._is_held:
            self._reply.advance(now_ms)
        if self._reply.error is not None:
            self._fail_reply(self._reply.error)
        elif not self._is_held and now_ms >= self._reply.mute_ms(now_ms):
            self._out.jobs.abandon()
            message = f"nothing came of the response for {self.config.mute_timeout_s:g} s"
            self._fail_reply(InternalServerError(message, code="response_timeout"))
        elif self._reply.is_over and not self._is_held:
            self._finish_reply(self._reply)
        elif self._reply.has_all_calls and self._pending:
            self._narration.plan(now_ms)

    def _narration_request(self) -> dict[str, Any]:
        return self.prompts.narration(self._reply.message if self._reply else None, self._pending.outputs)

    def _start_reply(self) -> None:
        self._asking.begin()
        self._narration.drop()
        self._typed.settle(self.prompts.history)
        opens_ms = max(self._out.now_ms(), self._opens_ms)
        request = self.prompts.response(self._n_rounds)
        self._reply = self._make_reply(request, opens_ms=opens_ms, ledger=self._ledger)
        self.advance()

    def _make_reply(self, request: dict[str, Any], *, opens_ms: float, ledger: TurnLedger) -> Reply:
        job = GenerationJob(new_id("resp"), request, self._out.runtime.mailbox())
        reply = Reply(
            job,
            config=self.config,
            opens_ms=opens_ms,
            ledger=replace(ledger, request_ms=self._out.now_ms()),
            chain=self._out.chain,
            emit=self._out.emit,
            on_call=self._start_call,
        )
        self._out.jobs.put(job)
        return reply

    def _start_call(self, call: ToolCall) -> None:
        self._asking.note_call()
        self._pending.start(call)

    def _finish_reply(self, reply: Reply) -> None:
        self.prompts.measure(reply.n_prompt_tokens)
        self.prompts.history.add_assistant(reply.text, tuple(reply.calls))
        self._opens_ms = reply.played_out_ms or 0.0
        self._reply = None
        reply.complete()
        self._continue()

    def _continue(self) -> None:
        """Start the next response of a chain, when everything that it needs is there."""
        had_calls = bool(self._pending)
        waits_for_request = self._pending.waits_for_user and not self._asking.is_open
        if self._reply is not None or not self._pending.is_complete or waits_for_request:
            return
        for call_id, output in self._pending.clear():
            self.prompts.history.add_tool_output(call_id, output)
        if had_calls or self._asking.is_open:
            self._n_rounds, self._ledger = (self._n_rounds + 1, self._ledger) if had_calls else (0, TurnLedger())
            self._start_reply()
        else:
            self._typed.settle(self.prompts.history)
            self._trim()
            self.on_idle()

    def _trim(self) -> None:
        """Keep to the history limit, and have the model read what is left while there is time."""
        if self.prompts.trim():
            self.read_instructions()

    def _expire_calls(self) -> None:
        is_overdue = self._pending.expire() or (self._reply is None and self._pending.expire_request())
        if is_overdue and self._pending.runs_tools:
            self._continue()
        elif is_overdue:
            self._give_up("cancelled", {"reason": "tool_response_timeout"}, self._pending.timeout_message)

    def _fail_reply(self, error: Exception) -> None:
        if is_too_long(error) and self._retry_shorter():
            return
        logger.error("response failed: %s", error, exc_info=error)
        details = {"error": as_error_info(error).as_details()}
        self._give_up("failed", details, "the response failed before there was a result")

    def _give_up(self, status: Any, details: dict[str, Any], no_output: str) -> None:
        """Nothing comes of what is in flight. A typed turn that waits to be answered is answered next."""
        is_asked, is_held = self._asking.is_open and self._typed.is_waiting, self._is_held
        self._drop(status, details, error_output(no_output))
        if is_asked:
            self._is_held = is_held
            self.respond(TurnLedger())
        else:
            self.on_idle()

    def _retry_shorter(self) -> bool:
        """Ask for less; False when that cannot be, or the user has heard of the response."""
        reply = self._reply
        if reply is None or reply.calls or reply.text:
            return False
        request = self.prompts.shorter(reply.job.request, self._n_rounds)
        if request is not None:
            self._out.jobs.put(reply.restart(request, self._out.runtime.mailbox()))
        return request is not None

    def _drop(self, status: Any, details: dict[str, Any], missing_output: str) -> None:
        reply, self._reply = self._reply, None
        self._narration.drop()
        if reply is not None:
            heard = reply.heard(self._out.now_ms())
            self.prompts.history.add_assistant(heard, tuple(reply.calls))
            reply.abort(status, details, heard)
        for call_id, output in self._pending.clear(missing_output):
            self.prompts.history.add_tool_output(call_id, output)
        self._typed.settle(self.prompts.history)
        self._trim()
        self._asking.drop()
        self._is_held, self._opens_ms = False, 0.0
