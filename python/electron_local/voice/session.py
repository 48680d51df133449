"""One conversation from audio frames to events.

Threads of a session:
    conversation   owns turn state, voice activity, responder and history; paces the audio; sends all events
    recogniser     recognises one utterance at a time
    response       prefills the instructions, then makes one response at a time: language model → sentences →
                   synthesis → resampling; between them it asks the model whether the user has finished
    tool-…         one for each running Python tool
The user's threads only put into the session's inbox and read its events. Idle, all of them sleep in a queue.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from electron_local.errors import InvalidArgumentError
from electron_local.speech.base import SpeechToText, TextToSpeech, create_recognizer, create_synthesizer
from electron_local.voice.ahead import Ahead
from electron_local.voice.client_events import AppendAudio, ClientEvent
from electron_local.voice.config import SessionConfig
from electron_local.voice.conversation import Conversation
from electron_local.voice.early_reading import EarlyReader
from electron_local.voice.events import ErrorOccurred, ServerEvent
from electron_local.voice.generation import ChatClient
from electron_local.voice.item_chain import ItemChain
from electron_local.voice.items import ErrorInfo
from electron_local.voice.judging import Judge
from electron_local.voice.listener import SAMPLE_RATE, Listener, VoiceActivity
from electron_local.voice.paced_run import run_paced
from electron_local.voice.recognition import run_recognition
from electron_local.voice.responder import Outlets, Responder
from electron_local.voice.response_thread import run_responses
from electron_local.voice.runtime import Runtime, SystemRuntime
from electron_local.voice.setup import Setup
from electron_local.voice.tool_runner import ToolRunner, Tools, named_tools, with_schemas
from electron_local.voice.voicing import Voicing

logger = logging.getLogger(__name__)

EndReason = Literal["closed", "idle_timeout"]
_CLOSE = object()
_ENDED = object()
_CLOSE_WAIT_MS = 2000.0


class Session:
    """A voice agent in conversation with one user. Events arrive from construction on.

    Args:
        client: anything with `chat.completions.create` in OpenAI's shape; kept by the caller.
        config: see SessionConfig.
        recognizer, synthesizer: engines of `electron_local.speech`; the default ones when left out.
        vad: voice activity detection at 16 kHz, used by this session alone; `electron_local.Vad` when left out.
        tools: Python functions, or a dict of them by name; those without a schema in `config.tools` get one from their
            signature and docstring. With them the session runs the calls of the model; without, its user answers them
            with CreateFunctionCallOutput and CreateResponse.
        runtime: clock, threads and queues.
        waits_for_configure: hear nothing before a ConfigureSession, as on the wire.

    Raises:
        InvalidArgumentError: a voice that the synthesiser lacks, a recogniser that does not take 16 kHz.

    >>> from electron_local import Electron                                               # doctest: +SKIP
    >>> with Session(Electron(), SessionConfig(instructions="Be brief.")) as session:     # doctest: +SKIP
    ...     for event in session.run(samples):
    ...         print(event.type)
    """

    def __init__(
        self,
        client: ChatClient,
        config: SessionConfig | None = None,
        *,
        recognizer: SpeechToText | None = None,
        synthesizer: TextToSpeech | None = None,
        vad: VoiceActivity | None = None,
        tools: Tools | Sequence[Callable[..., Any]] | None = None,
        runtime: Runtime | None = None,
        waits_for_configure: bool = False,
    ) -> None:
        config = config or SessionConfig()
        functions = None if tools is None else named_tools(tools)
        if functions is not None:
            config = with_schemas(config, functions)
        self._runtime = runtime or SystemRuntime()
        self._inbox = self._runtime.mailbox()
        self._outbox = self._runtime.mailbox()
        self._jobs = self._runtime.mailbox()
        self._utterances = self._runtime.mailbox()
        self._ended = self._runtime.mailbox()
        self._n_pushed = self._n_heard = 0
        self._was_idle = True
        self._has_closed = self._is_closed = self._is_drained = False
        self._end_reason: EndReason | None = None
        self._waits_for_configure = waits_for_configure
        self._client = client
        self._voicing = Voicing(synthesizer or create_synthesizer(), config)
        self._config = config
        self._recognizer = recognizer or create_recognizer()
        if self._recognizer.sample_rate != SAMPLE_RATE:
            raise InvalidArgumentError(f"the recogniser must take {SAMPLE_RATE} Hz, got {self._recognizer.sample_rate}")
        listener = Listener(vad or _default_vad(), self._utterances)
        self._start_ms = self._runtime.now_ms()
        self._last_frame_ms = 0.0
        self._conversation = self._assemble(config, listener, functions)
        self._runtime.start_thread(self._converse, "conversation")
        self._runtime.start_thread(self._make_responses, "response")
        self._runtime.start_thread(self._recognize, "recogniser")

    def now_ms(self) -> float:
        """Milliseconds since the session began: the clock of its events and ledgers."""
        return self._runtime.now_ms() - self._start_ms

    @property
    def is_idle(self) -> bool:
        """Whether all audio was heard, nobody speaks and nothing is in flight."""
        return self._n_heard == self._n_pushed and self._was_idle

    @property
    def is_closed(self) -> bool:
        """Whether nothing is heard any more."""
        return self._is_closed

    @property
    def end_reason(self) -> EndReason | None:
        """Why the events ended; None while they go on."""
        return self._end_reason

    def push(self, samples: npt.NDArray[np.float32]) -> None:
        """Take microphone audio: float32 mono 16 kHz, 20 to 40 ms at a time, silence too. Never blocks.

        Raises:
            InvalidArgumentError: wrong dtype or shape.
        """
        if not isinstance(samples, np.ndarray) or samples.dtype != np.float32 or samples.ndim != 1:
            got = f"{samples.ndim}-D {samples.dtype}" if isinstance(samples, np.ndarray) else type(samples).__name__
            raise InvalidArgumentError(f"samples must be a 1-D float32 array, got {got}")
        self._n_pushed += len(samples)
        self._inbox.put(AppendAudio(samples))

    def send(self, event: ClientEvent) -> None:
        """Take a client event. Never blocks."""
        if isinstance(event, AppendAudio):
            self.push(event.audio)
        else:
            self._inbox.put(event)

    def next_event(self, timeout_ms: float | None = None) -> ServerEvent | None:
        """The next event; None after `timeout_ms` without one, or when the session has ended. For one reader."""
        if self._is_drained:
            return None
        event = self._outbox.get(timeout_ms)
        self._is_drained = event is _ENDED
        return None if self._is_drained else event

    def events(self) -> Iterator[ServerEvent]:
        """All events until the session is closed."""
        while (event := self.next_event()) is not None:
            yield event

    def run(self, frames: npt.NDArray[np.float32] | Iterable[npt.NDArray[np.float32]]) -> Iterator[ServerEvent]:
        """Push `frames` at the pace of real time, then silence until all is answered; yield events; close."""
        try:
            yield from run_paced(self, [frames] if isinstance(frames, np.ndarray) else frames)
        finally:
            self.close()
        yield from self.events()

    def close(self) -> None:
        """Stop what is in flight and end the events. Idempotent."""
        if not self._has_closed:
            self._has_closed = True
            self._inbox.put(_CLOSE)
            self._ended.get()
            self._is_closed = True

    def __enter__(self) -> Session:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _assemble(self, config: SessionConfig, listener: Listener, tools: Tools | None) -> Conversation:
        chain = ItemChain(self._emit)
        outlets = Outlets(
            runtime=self._runtime,
            now_ms=self.now_ms,
            emit=self._emit,
            chain=chain,
            jobs=self._jobs,
            tool_runner=None if tools is None else ToolRunner(tools, self._runtime, self._inbox.put),
        )
        responder = Responder(config, outlets)
        judge = Judge(self._jobs, responder.prompts.heard) if _judges(config, self._client) else None
        reader = EarlyReader(self._jobs, responder.prompts.partial) if config.early.read_partials else None
        setup = Setup(self._voicing, self._emit)
        ahead = Ahead(judge, reader)
        return Conversation(listener, responder, ahead, setup=setup, chain=chain, emit=self._emit, now_ms=self.now_ms)

    def _emit(self, event: ServerEvent) -> None:
        if event.on_wire:
            self._last_frame_ms = self.now_ms()
        self._outbox.put(replace(event, time_ms=self.now_ms()))

    def _converse(self) -> None:
        """Body of the conversation thread."""
        conversation = self._conversation
        self._guarded(lambda: conversation.start(waits_for_configure=self._waits_for_configure))
        message = None
        while message is not _CLOSE:
            if message is not None:
                self._take(message)
            self._guarded(conversation.advance)
            self._was_idle = conversation.is_idle
            if isinstance(message, AppendAudio):
                self._n_heard += len(message.audio)
            if self._idle_ms <= 0:
                self._end_reason = "idle_timeout"
                break
            wake_ms = conversation.next_wake_ms
            left_ms = math.inf if wake_ms is None else wake_ms - self.now_ms()
            left_ms = max(0.0, min(left_ms, self._idle_ms))
            message = self._inbox.get(None if left_ms == math.inf else left_ms)
        self._is_closed = True
        self._end_reason = self._end_reason or "closed"
        self._guarded(conversation.close)
        self._stop_threads()
        self._outbox.put(_ENDED)
        self._ended.put(True)

    def _take(self, message: Any) -> None:
        if isinstance(message, ClientEvent):
            self._last_frame_ms = self.now_ms()
        event_id = message.event_id if isinstance(message, ClientEvent) else None
        self._guarded(lambda: self._conversation.handle(message), event_id)

    @property
    def _idle_ms(self) -> float:
        """How long the session may still be idle."""
        limit_s = self._config.idle_timeout_s
        return math.inf if limit_s is None else self._last_frame_ms + limit_s * 1000.0 - self.now_ms()

    def _guarded(self, action: Callable[[], None], event_id: str | None = None) -> None:
        """A fault of ours is reported; the session goes on."""
        try:
            action()
        except Exception as error:
            logger.exception("internal error")
            message = f"{type(error).__name__}: {error}"
            self._emit(ErrorOccurred(error=ErrorInfo("api_error", "internal_error", message, event_id=event_id)))

    def _make_responses(self) -> None:
        """Body of the response thread."""
        early_clause = self._config.early.speak_first_clause
        run_responses(
            self._jobs,
            self._client,
            self._voicing,
            early_clause=early_clause,
            now_ms=self.now_ms,
            post=self._inbox.put,
        )
        self._inbox.put(_ENDED)

    def _recognize(self) -> None:
        """Body of the recogniser thread."""
        run_recognition(self._recognizer, self._config.language, self._utterances, self._inbox.put)
        self._inbox.put(_ENDED)

    def _stop_threads(self) -> None:
        n_running = 2
        self._jobs.put(_CLOSE)
        self._utterances.put(_CLOSE)
        give_up_ms = self.now_ms() + _CLOSE_WAIT_MS
        while n_running and (left_ms := give_up_ms - self.now_ms()) > 0:
            n_running -= self._inbox.get(left_ms) is _ENDED
        if n_running:
            logger.warning("%d threads did not stop within %g ms", n_running, _CLOSE_WAIT_MS)


def _judges(config: SessionConfig, client: Any) -> bool:
    wanted = config.model_judges_end
    return bool(getattr(client, "judges_end_of_turn", False)) if wanted is None else wanted


def _default_vad() -> VoiceActivity:
    from electron_local.vad import Vad

    return Vad(sample_rate=SAMPLE_RATE)
