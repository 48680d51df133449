"""One response on its way to the user: events in their order, audio at its pace."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from electron_local.audio.frame import AudioFrame
from electron_local.voice.config import SessionConfig
from electron_local.voice.events import (
    AudioDelta,
    AudioDone,
    CallArgumentsDelta,
    CallArgumentsDone,
    ReplyTextDelta,
    ResponseCreated,
    ResponseDone,
)
from electron_local.voice.generation import (
    AudioMade,
    CallDeltaMade,
    CallMade,
    GenerationEnded,
    GenerationFailed,
    GenerationJob,
    Made,
    TextMade,
)
from electron_local.voice.history import SpokenPiece, ToolCall, assistant_message, heard_text
from electron_local.voice.ids import new_id
from electron_local.voice.item_chain import Emit, ItemChain
from electron_local.voice.items import Item, ItemStatus, ResponseInfo, ResponseStatus, Usage
from electron_local.voice.ledger import TurnLedger
from electron_local.voice.pacing import Pacer
from electron_local.voice.runtime import Mailbox


class Reply:
    """Owned by the conversation thread.

    Nothing is sent before `opens_ms`, when the response before it has played out; what is made until then waits. A
    reply made ahead of the end of a turn has no such time until `release` names one.

    Args:
        job: what the response thread works on.
        config: for the rate and the encoding of the audio, and how long it may be mute.
        opens_ms: the earliest time of `response.created`.
        on_call: told of each complete tool call.
    """

    def __init__(
        self,
        job: GenerationJob,
        *,
        config: SessionConfig,
        opens_ms: float,
        ledger: TurnLedger,
        chain: ItemChain,
        emit: Emit,
        on_call: Callable[[ToolCall], None],
    ) -> None:
        self.job = job
        self.ledger = ledger
        self.calls: list[ToolCall] = []
        self.text = ""
        self.error: Exception | None = None
        self.is_open = False
        self._item = Item(new_id("item"), role="assistant")
        self._pacer = Pacer(config.output_sample_rate)
        self._config = config
        self._opens_ms = opens_ms
        self._chain = chain
        self._emit = emit
        self._on_call = on_call
        self._waiting: deque[Made] = deque()
        self._pieces: list[SpokenPiece] = []
        self._finish_reason = "stop"
        self._usage: Usage | None = None
        self._last_made_ms = ledger.request_ms or 0.0

    @property
    def is_over(self) -> bool:
        """Whether it failed, or everything was made and sent."""
        return self.error is not None or self._pacer.is_drained

    @property
    def has_all_calls(self) -> bool:
        """Whether it was made to its end, and calls tools."""
        return bool(self.calls) and self._pacer.is_complete

    @property
    def message(self) -> dict[str, Any]:
        """What it says and calls so far, as the history will hold it."""
        return assistant_message(self.text, tuple(self.calls))

    @property
    def n_prompt_tokens(self) -> int:
        """As the model counted; 0 where it did not."""
        return self.usage.input_tokens

    @property
    def usage(self) -> Usage:
        """Tokens so far; final once it was made to its end."""
        return self._usage or self.job.usage

    def mute_ms(self, now_ms: float) -> float:
        """When it counts as lost, if nothing more comes of it; what is left to send counts from `now_ms`."""
        is_at_work = self._pacer.is_complete or self._pacer.next_ms is not None
        since_ms = now_ms if is_at_work else max(self._last_made_ms, self._pacer.played_out_ms or 0.0)
        return since_ms + self._config.mute_timeout_s * 1000.0

    @property
    def played_out_ms(self) -> float | None:
        """When the user will have heard what was sent; None without audio."""
        return self._pacer.played_out_ms

    @property
    def next_wake_ms(self) -> float | None:
        """When `advance` has something to do; None when only a message can change that."""
        return self._pacer.next_ms if self.is_open else self._opens_ms

    def release(self, opens_ms: float, ledger: TurnLedger) -> None:
        """The turn that this reply was made ahead of has ended; `ledger` has the moments of its speech."""
        self._opens_ms = opens_ms
        made = self.ledger
        self.ledger = replace(
            ledger,
            request_ms=made.request_ms,
            first_token_ms=made.first_token_ms,
            audio_ready_ms=made.audio_ready_ms,
        )

    def talked_over(self, onset_ms: float) -> None:
        """The user began to speak at `onset_ms`."""
        self.ledger = replace(self.ledger, speech_over_ms=onset_ms)

    def restart(self, request: dict[str, Any], credit: Mailbox) -> GenerationJob:
        """It failed before the user heard of it: the job of its second attempt, of the same id."""
        self.job, self.error = GenerationJob(self.job.response_id, request, credit), None
        return self.job

    def take(self, made: Made, now_ms: float) -> None:
        """A message from the response thread."""
        self._last_made_ms = now_ms
        if self.ledger.first_token_ms is None and isinstance(made, TextMade | CallDeltaMade):
            self.ledger = replace(self.ledger, first_token_ms=now_ms)
        if self.ledger.audio_ready_ms is None and isinstance(made, AudioMade):
            self.ledger = replace(self.ledger, audio_ready_ms=now_ms)
        if self.is_open:
            self._apply(made, now_ms)
        else:
            self._waiting.append(made)

    def advance(self, now_ms: float) -> None:
        """Send what is due."""
        if not self.is_open and now_ms >= self._opens_ms:
            self.is_open = True
            self._emit(ResponseCreated(response=ResponseInfo(self.job.response_id)))
            self._chain.add(self._item)
            while self._waiting:
                self._apply(self._waiting.popleft(), now_ms)
        for samples in self._pacer.take(now_ms) if self.is_open else ():
            if self.ledger.first_audio_ms is None:
                self.ledger = replace(self.ledger, first_audio_ms=now_ms)
            self.ledger = replace(self.ledger, last_audio_ms=now_ms)
            self._send(samples)

    def _send(self, samples: npt.NDArray[np.float32]) -> None:
        rate, encoding = self._config.output_sample_rate, self._config.output_encoding
        frame = AudioFrame(samples, rate, (self._pacer.n_sent - len(samples)) / rate)
        response_id, item_id = self.job.response_id, self._item.id
        self._emit(AudioDelta(response_id=response_id, item_id=item_id, delta=frame, encoding=encoding))
        self.job.credit.put(len(samples))

    def report_played(self, n_samples: int, now_ms: float) -> None:
        """The device says how much of it was played by now."""
        self._pacer.report_played(n_samples, now_ms)

    def heard(self, now_ms: float) -> str:
        """The text of what was played until now."""
        return heard_text(self._pieces, self._pacer.played_samples(now_ms))

    def complete(self) -> None:
        """End it after everything was sent."""
        self.ledger = replace(self.ledger, speech_over_ms=None)  # it was no interruption
        if self._pacer.n_sent:
            self._emit(AudioDone(response_id=self.job.response_id, item_id=self._item.id))
        if self._finish_reason == "length":
            self._close("incomplete", {"reason": "max_output_tokens"}, "incomplete", self.text)
        else:
            self._close("completed", None, "completed", self.text)

    def abort(self, status: ResponseStatus, details: dict[str, Any], text: str) -> None:
        """Stop making it and end it early; `text` is what was heard. Not opened yet: nobody is told."""
        self.job.cancel()
        if self.is_open:
            self._close(status, details, "incomplete", text)

    def _apply(self, made: Made, now_ms: float) -> None:
        match made:
            case TextMade(response_id, delta):
                self.text += delta
                self._emit(ReplyTextDelta(response_id=response_id, item_id=self._item.id, delta=delta))
            case AudioMade(_, text, samples, word_ends):
                self._add_piece(SpokenPiece(text, len(samples), word_ends))
                self._pacer.add(samples)
            case CallDeltaMade(response_id, call_id, name, delta):
                self._emit(CallArgumentsDelta(response_id=response_id, call_id=call_id, name=name, delta=delta))
            case CallMade(response_id, call):
                self.calls.append(call)
                self._emit(
                    CallArgumentsDone(
                        response_id=response_id, call_id=call.id, name=call.name, arguments=call.arguments
                    )
                )
                self._on_call(call)
            case GenerationEnded(_, finish_reason, usage):
                self._finish_reason, self._usage = finish_reason, usage
                self._pacer.complete()
            case GenerationFailed(_, error):
                self.error = error

    def _add_piece(self, more: SpokenPiece) -> None:
        if more.text or not self._pieces:
            self._pieces.append(more)
        else:
            last = self._pieces[-1]
            n_samples, word_ends = last.n_samples + more.n_samples, last.word_ends + more.word_ends
            self._pieces[-1] = SpokenPiece(last.text, n_samples, word_ends)

    def _close(
        self, status: ResponseStatus, details: dict[str, Any] | None, item_status: ItemStatus, text: str
    ) -> None:
        item = replace(self._item, status=item_status, text=text)
        self._chain.finish(item)
        calls = tuple(
            Item(new_id("item"), "function_call", None, "completed", "", call.id, call.name, call.arguments)
            for call in self.calls
        )
        output = calls if calls and not text else (item, *calls)
        info = ResponseInfo(self.job.response_id, status, details, output, self.usage)
        self._emit(ResponseDone(response=info, ledger=self.ledger))
