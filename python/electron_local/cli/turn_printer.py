"""A conversation on the terminal as it happens: one line an event, the reply as it streams."""

from __future__ import annotations

import sys
from typing import TextIO

from electron_local.voice import events as ev
from electron_local.voice.ledger import TurnLedger


class TurnPrinter:
    """Prints the events of a session, each with its time in ms, and keeps the ledgers of its responses."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out or sys.stdout
        self._is_streaming = False
        self._has_audio = False
        self.n_turns = 0
        self.ledgers: list[TurnLedger] = []

    @property
    def is_streaming(self) -> bool:
        """Whether the last line is a reply that goes on."""
        return self._is_streaming

    def show(self, event: ev.ServerEvent) -> None:
        """Print what a reader wants to know of `event`; most of the bookkeeping events say nothing."""
        if isinstance(event, ev.SpeechStarted):
            self._line(event, "speech started", f"at {event.audio_start_ms} ms of the audio")
        elif isinstance(event, ev.TranscriptUpdated):
            self._line(event, "partial", event.text)
        elif isinstance(event, ev.SpeechStopped):
            self.n_turns += 1
            self._line(event, "speech stopped", f"at {event.audio_end_ms} ms of the audio")
        elif isinstance(event, ev.TranscriptCompleted):
            self._line(event, "transcript", event.text or "(nothing understood)")
        elif isinstance(event, ev.CallArgumentsDone):
            self._line(event, "tool call", f"{event.name} {event.arguments}")
        elif isinstance(event, ev.ToolReturned):
            self._line(event, "tool failed" if event.failed else "tool result", event.output)
        elif isinstance(event, ev.ReplyTextDelta):
            self._stream(event, event.delta)
        elif isinstance(event, ev.ErrorOccurred):
            self._line(event, "error", event.error.message)
        elif isinstance(event, ev.ResponseCreated):
            self._has_audio = False
        elif isinstance(event, ev.AudioDelta) and not self._has_audio:
            self._has_audio = True
            self._line(event, "first audio", f"{event.delta.sample_rate} Hz")
        elif isinstance(event, ev.ResponseDone):
            self.ledgers.append(event.ledger)
            self._line(event, "done", _outcome(event))

    def _line(self, event: ev.ServerEvent, label: str, text: str) -> None:
        self._end_stream()
        print(f"{event.time_ms:7.0f} ms  {label:<14} {text}", file=self._out, flush=True)

    def _stream(self, event: ev.ServerEvent, text: str) -> None:
        if not self._is_streaming:
            self._is_streaming = True
            print(f"{event.time_ms:7.0f} ms  {'reply':<14} ", end="", file=self._out)
        print(text, end="", file=self._out, flush=True)

    def _end_stream(self) -> None:
        if self._is_streaming:
            self._is_streaming = False
            print(file=self._out)


def _outcome(event: ev.ResponseDone) -> str:
    response = event.response
    usage = response.usage
    reason = (response.status_details or {}).get("reason") or (response.status_details or {}).get("error")
    status = response.status if reason is None else f"{response.status}: {reason}"
    if usage is None:
        return status
    return f"{status}; {usage.input_tokens} tokens in ({usage.cached_tokens} cached), {usage.output_tokens} out"
