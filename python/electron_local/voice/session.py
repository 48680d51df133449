"""One conversation from audio frames to events.

Threads of a session:
    conversation   owns turn state, voice activity, responder and history; paces the audio; sends all events
    recogniser     recognises one utterance at a time
    response       prefills the instructions, then makes one response at a time: language model → sentences →
                   synthesis → resampling; between them it asks the model whether the user has finished, and which of
                   the texts that the recogniser may have heard he said
    end-of-turn    hears whether the user has finished, with a model for that
    tool-…         one for each running Python tool
The user's threads only put into the session's inbox and read its events. Idle, all of them sleep in a queue.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from types import TracebackType
from typing import Any

import numpy as np
import numpy.typing as npt

from electron_local import _core
from electron_local.errors import InvalidArgumentError
from electron_local.speech.base import (
    EndOfTurnModel,
    SpeechToText,
    TextToSpeech,
    create_end_of_turn_model,
    create_recognizer,
    create_synthesizer,
)
from electron_local.voice.ahead import Ahead
from electron_local.voice.choosing import WordChooser
from electron_local.voice.client_events import AppendAudio, ClientEvent
from electron_local.voice.config import SessionConfig
from electron_local.voice.conversation import Conversation
from electron_local.voice.conversation_thread import ENDED, ConversationThread, EndReason
from electron_local.voice.early_reading import EarlyReader
from electron_local.voice.events import ServerEvent
from electron_local.voice.generation import ChatClient
from electron_local.voice.item_chain import ItemChain
from electron_local.voice.judging import Judge
from electron_local.voice.ledger_file import LedgerSink, ledger_sink
from electron_local.voice.listener import SAMPLE_RATE, Listener, VoiceActivity
from electron_local.voice.listening_judge import ListeningJudge, run_listening
from electron_local.voice.outlets import Outlets
from electron_local.voice.paced_run import run_paced
from electron_local.voice.recognition import run_recognition
from electron_local.voice.responder import Responder
from electron_local.voice.response_thread import run_responses
from electron_local.voice.runtime import Mailbox, Runtime, SystemRuntime
from electron_local.voice.setup import Setup
from electron_local.voice.tool_runner import ToolRunner, Tools, named_tools, with_schemas
from electron_local.voice.voicing import Voicing
from electron_local.voice.worker import Worker


class Session:
    """A voice agent in conversation with one user. Events arrive from construction on.

    Args:
        client: anything with `chat.completions.create` in OpenAI's shape; kept by the caller.
        config: see SessionConfig.
        recognizer, synthesizer: engines of `electron_local.speech`, or their names (`sherpa:MODEL`); the default ones
            when left out.
        end_of_turn: a model that hears whether the user has finished, or its name (`smart-turn:MODEL`): its answer
            moves the end of a turn (see `EndOfTurn.complete`). None: silence and words alone decide.
        vad: voice activity detection at 16 kHz, used by this session alone; `electron_local.Vad` when left out.
        tools: Python functions, or a dict of them by name; those without a schema in `config.tools` get one from their
            signature and docstring. With them the session runs the calls of the model; without, its user answers them
            with CreateFunctionCallOutput and CreateResponse.
        ledger: a file that gets one JSON line a response, where its time went; or a function that gets the same dict.
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
        recognizer: SpeechToText | str | None = None,
        synthesizer: TextToSpeech | str | None = None,
        end_of_turn: EndOfTurnModel | str | None = None,
        vad: VoiceActivity | None = None,
        tools: Tools | Sequence[Callable[..., Any]] | None = None,
        ledger: str | os.PathLike[str] | LedgerSink | None = None,
        runtime: Runtime | None = None,
        waits_for_configure: bool = False,
    ) -> None:
        config = config or SessionConfig()
        functions = None if tools is None else named_tools(tools)
        if functions is not None:
            config = with_schemas(config, functions)
        self._recognizer = create_recognizer(recognizer) if isinstance(recognizer, str | None) else recognizer
        if self._recognizer.sample_rate != SAMPLE_RATE:
            raise InvalidArgumentError(f"the recogniser must take {SAMPLE_RATE} Hz, got {self._recognizer.sample_rate}")
        if isinstance(synthesizer, str | None):
            synthesizer = create_synthesizer(synthesizer)
        if isinstance(end_of_turn, str):
            end_of_turn = create_end_of_turn_model(end_of_turn)
        voicing = Voicing(synthesizer, config)
        self._client = client
        self._config = config
        self._runtime = runtime or SystemRuntime()
        self._n_pushed = 0
        self._is_drained = False
        thread = self._thread = ConversationThread(
            self._runtime, config.idle_timeout_s, None if ledger is None else ledger_sink(ledger)
        )
        responses = Worker(self._runtime, "response", partial(self._make_responses, voicing), thread.inbox.put)
        recognition = Worker(self._runtime, "recogniser", self._recognize, thread.inbox.put)
        workers, ears = [responses, recognition], None
        if end_of_turn is not None:
            workers.append(Worker(self._runtime, "end-of-turn", partial(run_listening, end_of_turn), thread.inbox.put))
            ears = ListeningJudge(workers[-1], config.turn.end_of_turn.listen_ms)
        conversation = self._assemble(voicing, Listener(vad or _default_vad(), recognition), responses, ears, functions)
        thread.start(conversation, workers, waits_for_configure=waits_for_configure)

    def now_ms(self) -> float:
        """Milliseconds since the session began: the clock of its events and ledgers."""
        return self._thread.now_ms()

    @property
    def is_idle(self) -> bool:
        """Whether all audio was heard, nobody speaks and nothing is in flight."""
        return self._thread.n_heard == self._n_pushed and self._thread.was_idle

    @property
    def is_closed(self) -> bool:
        """Whether nothing is heard any more."""
        return self._thread.is_closed

    @property
    def end_reason(self) -> EndReason | None:
        """Why the events ended; None while they go on."""
        return self._thread.end_reason

    def push(self, samples: npt.NDArray[np.float32]) -> None:
        """Take microphone audio: float32 mono 16 kHz, 20 to 40 ms at a time, silence too. Never blocks.

        The samples are copied: the caller may reuse the array. After the end they are dropped.

        Raises:
            InvalidArgumentError: wrong dtype or shape; samples that are not finite or beyond 8.0. None of it is heard.
        """
        self._take(AppendAudio(samples))

    def send(self, event: ClientEvent) -> None:
        """Take a client event; audio as `push` does. Never blocks. After the end nothing is taken."""
        self._take(event)

    def _take(self, event: ClientEvent) -> None:
        if self._thread.is_closed:
            return
        if isinstance(event, AppendAudio):
            _core.check_vad_samples(event.audio)
            event = replace(event, audio=event.audio.copy())
            self._n_pushed += len(event.audio)
        self._thread.inbox.put(event)

    def next_event(self, timeout_ms: float | None = None) -> ServerEvent | None:
        """The next event; None after `timeout_ms` without one, or when the session has ended. For one reader."""
        if self._is_drained:
            return None
        event = self._thread.outbox.get(timeout_ms)
        self._is_drained = event is ENDED
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
        self._thread.close()

    def __enter__(self) -> Session:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _assemble(
        self,
        voicing: Voicing,
        listener: Listener,
        responses: Worker,
        ears: ListeningJudge | None,
        tools: Tools | None,
    ) -> Conversation:
        config, thread = self._config, self._thread
        chain = ItemChain(thread.emit)
        outlets = Outlets(
            runtime=self._runtime,
            now_ms=thread.now_ms,
            emit=thread.emit,
            chain=chain,
            jobs=responses,
            tool_runner=None if tools is None else ToolRunner(tools, self._runtime, thread.inbox.put),
        )
        responder = Responder(config, outlets)
        heard = responder.prompts.heard
        judge = Judge(responses, heard) if _is_wanted(config.model_judges_end, self._client) else None
        chooses = _is_wanted(config.model_chooses_words, self._client)
        chooser = WordChooser(responses, heard, thread.now_ms) if chooses else None
        reader = EarlyReader(responses, responder.prompts.partial) if config.early.read_partials else None
        ahead = Ahead(judge, reader, ears, chooser)
        responses.on_abandon = ahead.forget
        return Conversation(
            listener,
            responder,
            ahead,
            setup=Setup(voicing, thread.emit),
            chain=chain,
            emit=thread.emit,
            now_ms=thread.now_ms,
        )

    def _make_responses(self, voicing: Voicing, jobs: Mailbox, post: Callable[[Any], None]) -> None:
        """Body of the response thread."""
        early_clause = self._config.early.speak_first_clause
        run_responses(jobs, self._client, voicing, early_clause=early_clause, now_ms=self.now_ms, post=post)

    def _recognize(self, work: Mailbox, post: Callable[[Any], None]) -> None:
        """Body of the recogniser thread."""
        run_recognition(self._recognizer, self._config.language, work, post)


def _is_wanted(wanted: bool | None, client: Any) -> bool:
    return bool(getattr(client, "judges_end_of_turn", False)) if wanted is None else wanted


def _default_vad() -> VoiceActivity:
    """Tells of pauses as soon as there is one; the turn machine judges how long they are."""
    from electron_local.vad import Vad, VadOptions

    return Vad(sample_rate=SAMPLE_RATE, options=VadOptions(end_threshold=0.5, min_silence_ms=64, padding_ms=0))
