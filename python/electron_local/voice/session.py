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
from collections.abc import Iterable, Iterator
from dataclasses import replace
from types import TracebackType
from typing import Any

import numpy as np
import numpy.typing as npt

from electron_local.errors import InvalidArgumentError
from electron_local.speech.base import SpeechToText, TextToSpeech, create_recognizer, create_synthesizer
from electron_local.voice.client_events import AppendAudio, ClientEvent
from electron_local.voice.config import SessionConfig
from electron_local.voice.conversation import Conversation
from electron_local.voice.events import ErrorOccurred, ServerEvent
from electron_local.voice.generation import ChatClient, GenerationJob, run_generation
from electron_local.voice.item_chain import ItemChain
from electron_local.voice.items import ErrorInfo
from electron_local.voice.judging import Judge, JudgeJob, run_judging
from electron_local.voice.listener import SAMPLE_RATE, Listener, VoiceActivity
from electron_local.voice.prefill import run_prefill
from electron_local.voice.recognition import run_recognition
from electron_local.voice.responder import Outlets, Responder
from electron_local.voice.runtime import Runtime, SystemRuntime
from electron_local.voice.tool_runner import ToolRunner, Tools
from electron_local.voice.voicing import Voicing

logger = logging.getLogger(__name__)

_CLOSE = object()
_ENDED = object()
_CLOSE_WAIT_MS = 2000.0
_PIECE_MS = 20
_TAIL_MS = 1000


class Session:
    """A voice agent in conversation with one user. Events arrive from construction on.

    Args:
        client: anything with `chat.completions.create` in OpenAI's shape; kept by the caller.
        config: see SessionConfig.
        recognizer, synthesizer: engines of `electron_local.speech`; the default ones when left out.
        vad: voice activity detection at 16 kHz, used by this session alone; `electron_local.Vad` when left out.
        tools: Python functions by name. With them the session runs the calls of the model; without, its user
            answers them with CreateFunctionCallOutput and CreateResponse.
        runtime: clock, threads and queues.

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
        tools: Tools | None = None,
        runtime: Runtime | None = None,
    ) -> None:
        config = config or SessionConfig()
        self._runtime = runtime or SystemRuntime()
        self._inbox = self._runtime.mailbox()
        self._outbox = self._runtime.mailbox()
        self._jobs = self._runtime.mailbox()
        self._utterances = self._runtime.mailbox()
        self._ended = self._runtime.mailbox()
        self._n_pushed = self._n_heard = 0
        self._was_idle = True
        self._is_closed = self._is_drained = False
        self._client = client
        self._voicing = Voicing(
            synthesizer or create_synthesizer(),
            voice=config.voice,
            language=config.language,
            sample_rate=config.output_sample_rate,
        )
        self._config = config
        self._recognizer = recognizer or create_recognizer()
        if self._recognizer.sample_rate != SAMPLE_RATE:
            raise InvalidArgumentError(f"the recogniser must take {SAMPLE_RATE} Hz, got {self._recognizer.sample_rate}")
        listener = Listener(vad or _default_vad(), self._utterances)
        self._start_ms = self._runtime.now_ms()
        self._conversation = self._assemble(config, listener, tools)
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
            yield from self._paced_events([frames] if isinstance(frames, np.ndarray) else frames)
        finally:
            self.close()
        yield from self.events()

    def close(self) -> None:
        """Stop what is in flight and end the events. Idempotent."""
        if not self._is_closed:
            self._is_closed = True
            self._inbox.put(_CLOSE)
            self._ended.get()

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
        judge = Judge(self._jobs, responder.judge_request) if _judges(config, self._client) else None
        return Conversation(listener, responder, judge, chain=chain, emit=self._emit, now_ms=self.now_ms)

    def _emit(self, event: ServerEvent) -> None:
        self._outbox.put(replace(event, time_ms=self.now_ms()))

    def _converse(self) -> None:
        """Body of the conversation thread."""
        self._guarded(self._conversation.start)
        message = None
        while message is not _CLOSE:
            if message is not None:
                self._guarded(lambda message=message: self._conversation.handle(message))
            self._guarded(self._conversation.advance)
            self._was_idle = self._conversation.is_idle
            if isinstance(message, AppendAudio):
                self._n_heard += len(message.audio)
            wake_ms = self._conversation.next_wake_ms
            message = self._inbox.get(None if wake_ms is None else max(0.0, wake_ms - self.now_ms()))
        self._guarded(self._conversation.close)
        self._stop_threads()
        self._outbox.put(_ENDED)
        self._ended.put(True)

    def _guarded(self, action: Any) -> None:
        """A fault of ours is reported; the session goes on."""
        try:
            action()
        except Exception as error:
            logger.exception("internal error")
            self._emit(
                ErrorOccurred(error=ErrorInfo("api_error", "internal_error", f"{type(error).__name__}: {error}"))
            )

    def _make_responses(self) -> None:
        """Body of the response thread."""
        run_prefill(self._client, self._config, self._inbox.put)
        while isinstance(job := self._jobs.get(), GenerationJob | JudgeJob):
            if isinstance(job, JudgeJob):
                run_judging(job, self._client, self._inbox.put)
            elif not job.is_cancelled:
                run_generation(job, self._client, self._voicing, self._inbox.put)
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

    def _paced_events(self, frames: Iterable[npt.NDArray[np.float32]]) -> Iterator[ServerEvent]:
        due_ms = self.now_ms()
        for piece in self._pieces(frames):
            self.push(piece)
            due_ms += len(piece) * 1000.0 / SAMPLE_RATE
            while not self._is_closed and (left_ms := due_ms - self.now_ms()) > 0:
                event = self.next_event(left_ms)
                if event is not None:
                    yield event

    def _pieces(self, frames: Iterable[npt.NDArray[np.float32]]) -> Iterator[npt.NDArray[np.float32]]:
        n_piece = SAMPLE_RATE * _PIECE_MS // 1000
        for frame in frames:
            for start in range(0, len(frame), n_piece):
                yield frame[start : start + n_piece]
        n_silent_ms = 0
        while not self._is_closed and (n_silent_ms < _TAIL_MS or not self.is_idle):
            yield np.zeros(n_piece, np.float32)
            n_silent_ms += _PIECE_MS


def _judges(config: SessionConfig, client: Any) -> bool:
    wanted = config.model_judges_end
    return bool(getattr(client, "judges_end_of_turn", False)) if wanted is None else wanted


def _default_vad() -> VoiceActivity:
    from electron_local.vad import Vad

    return Vad(sample_rate=SAMPLE_RATE)
