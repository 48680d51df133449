"""The thread that a session lives in: its loop, its clock, its workers."""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal

from electron_local.voice.client_events import AppendAudio, ClientEvent
from electron_local.voice.conversation import Conversation
from electron_local.voice.events import ErrorOccurred, ResponseDone, ServerEvent
from electron_local.voice.items import ErrorInfo
from electron_local.voice.ledger_file import LedgerSink, ledger_entry
from electron_local.voice.runtime import Mailbox, Runtime
from electron_local.voice.worker import Worker, WorkerEnded

logger = logging.getLogger(__name__)

EndReason = Literal["closed", "idle_timeout"]
ENDED = object()
CLOSE = object()
_CLOSE_WAIT_MS = 2000.0


class ConversationThread:
    """Takes messages out of `inbox` and puts events into `outbox`, ENDED as the last.

    Any thread may put into the inbox and read the properties; CLOSE ends it.

    Args:
        idle_timeout_s: see SessionConfig.
        ledger: told of each response that ended.
    """

    def __init__(self, runtime: Runtime, idle_timeout_s: float | None, ledger: LedgerSink | None) -> None:
        self.inbox: Mailbox = runtime.mailbox()
        self.outbox: Mailbox = runtime.mailbox()
        self.is_closed = False
        self.end_reason: EndReason | None = None
        self.was_idle = True
        self.n_heard = 0
        self._runtime = runtime
        self._idle_timeout_s = idle_timeout_s
        self._ledger = ledger
        self._start_ms = runtime.now_ms()
        self._last_frame_ms = 0.0
        self._ended = runtime.mailbox()
        self._ident: int | None = None

    def now_ms(self) -> float:
        """Milliseconds since the session began."""
        return self._runtime.now_ms() - self._start_ms

    def emit(self, event: ServerEvent) -> None:
        """Send an event; from this thread alone."""
        if event.on_wire:
            self._last_frame_ms = self.now_ms()
        self.outbox.put(replace(event, time_ms=self.now_ms()))
        if isinstance(event, ResponseDone):
            self._note(event)

    def _note(self, done: ResponseDone) -> None:
        """A ledger that cannot be written is given up; the conversation goes on."""
        if self._ledger is not None:
            try:
                self._ledger(ledger_entry(done.response.id, done.response.status, done.ledger))
            except Exception as error:
                logger.warning("the ledger is given up: %s", error, exc_info=error)
                self._ledger = None

    def start(self, conversation: Conversation, workers: list[Worker], *, waits_for_configure: bool) -> None:
        """Begin the thread."""

        def run() -> None:
            self._ident = threading.get_ident()
            self._guarded(lambda: conversation.start(waits_for_configure=waits_for_configure))
            self._converse(conversation)
            self._guarded(conversation.close)
            self._stop(workers)
            self.outbox.put(ENDED)
            self._ended.put(True)

        self._runtime.start_thread(run, "conversation")

    def close(self) -> None:
        """End the thread and wait for it, but in a callback that it calls itself. Idempotent."""
        self.inbox.put(CLOSE)
        if threading.get_ident() != self._ident:
            self._ended.put(self._ended.get())

    def _converse(self, conversation: Conversation) -> None:
        message = None
        while message is not CLOSE:
            if message is not None:
                self._take(message, conversation)
            else:
                self._guarded(conversation.find_nothing)
            self._guarded(conversation.advance)
            self.was_idle = conversation.is_idle
            if isinstance(message, AppendAudio):
                self.n_heard += len(message.audio)
            if self._idle_left_ms <= 0:
                self.end_reason = "idle_timeout"
                break
            wake_ms = conversation.next_wake_ms
            left_ms = math.inf if wake_ms is None else wake_ms - self.now_ms()
            left_ms = max(0.0, min(left_ms, self._idle_left_ms))
            message = self.inbox.get(None if left_ms == math.inf else left_ms)
        self.end_reason = self.end_reason or "closed"
        self.is_closed = True

    def _take(self, message: Any, conversation: Conversation) -> None:
        is_event = isinstance(message, ClientEvent)
        if is_event:
            self._last_frame_ms = self.now_ms()
        self._guarded(lambda: conversation.handle(message), message.event_id if is_event else None)

    @property
    def _idle_left_ms(self) -> float:
        """How long the session may still be idle."""
        limit_s = self._idle_timeout_s
        return math.inf if limit_s is None else self._last_frame_ms + limit_s * 1000.0 - self.now_ms()

    def _guarded(self, action: Callable[[], None], event_id: str | None = None) -> None:
        """A fault of ours is reported; the session goes on."""
        try:
            action()
        except Exception as error:
            logger.exception("internal error")
            message = f"{type(error).__name__}: {error}"
            self.emit(ErrorOccurred(error=ErrorInfo("api_error", "internal_error", message, event_id=event_id)))

    def _stop(self, workers: list[Worker]) -> None:
        for worker in workers:
            worker.stop()
        n_running = len(workers)
        give_up_ms = self.now_ms() + _CLOSE_WAIT_MS
        while n_running and (left_ms := give_up_ms - self.now_ms()) > 0:
            n_running -= isinstance(self.inbox.get(left_ms), WorkerEnded)
        if n_running:
            logger.warning("%d threads did not stop within %g ms", n_running, _CLOSE_WAIT_MS)
