"""One conversation: audio and messages in, events out. Does what the turn machine says.

Everything here runs in the session's conversation thread, which owns listener, turn state, responder and history.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from electron_local.errors import SpeechEngineError
from electron_local.voice import turn_types as turns
from electron_local.voice.ahead import Ahead
from electron_local.voice.choosing import Chosen
from electron_local.voice.client_events import (
    AppendAudio,
    BadFrame,
    CancelResponse,
    ClientEvent,
    ConfigureSession,
    CreateFunctionCallOutput,
    CreateResponse,
    CreateUserText,
    ReportPlayback,
    UpdateSession,
)
from electron_local.voice.events import (
    ErrorOccurred,
    SpeechStarted,
    SpeechStopped,
    TranscriptCompleted,
    TranscriptUpdated,
    WarningIssued,
)
from electron_local.voice.generation import Made
from electron_local.voice.ids import new_id
from electron_local.voice.item_chain import Emit, ItemChain
from electron_local.voice.items import ErrorInfo, Item
from electron_local.voice.judging import Judged
from electron_local.voice.ledger import TurnLedger
from electron_local.voice.listener import Listener, Samples, pieces
from electron_local.voice.listening_judge import Heard
from electron_local.voice.missing_audio import MissingAudio
from electron_local.voice.prefill import Prefilled
from electron_local.voice.recognition import Certainty, Recognized
from electron_local.voice.responder import Responder
from electron_local.voice.setup import Setup
from electron_local.voice.tool_runner import ToolFinished
from electron_local.voice.turn import step

logger = logging.getLogger(__name__)


class Conversation:
    """Call `start` once; then `handle` for each message, `find_nothing` when none came until `next_wake_ms`, and after
    either of them `advance`."""

    def __init__(
        self,
        listener: Listener,
        responder: Responder,
        ahead: Ahead,
        *,
        setup: Setup,
        chain: ItemChain,
        emit: Emit,
        now_ms: Callable[[], float],
    ) -> None:
        self._listener = listener
        self._ahead = ahead
        self._setup = setup
        self._responder = responder
        responder.on_idle = lambda: self._step(turns.ResponseEnded())
        self._chain = chain
        self._emit = emit
        self._now_ms = now_ms
        self._settings = responder.config.turn
        self._turn = turns.TurnState()
        self._item = Item("")
        self._ledger = TurnLedger()
        self._missing = MissingAudio(now_ms())

    @property
    def is_idle(self) -> bool:
        """Whether nobody speaks and nothing is in flight."""
        return self._turn.phase is turns.Phase.IDLE and not self._responder.is_active

    @property
    def next_wake_ms(self) -> float | None:
        """When something is due; None when only a message can change that."""
        stall_ms = None if self._turn.phase is turns.Phase.IDLE else self._missing.due_ms
        times = (stall_ms, self._mute_ms, self._responder.next_wake_ms, self._ahead.next_wake_ms)
        return min((ms for ms in times if ms is not None), default=None)

    @property
    def _mute_ms(self) -> float | None:
        """When the transcript of the turn that has ended counts as lost."""
        if self._turn.phase is not turns.Phase.TRANSCRIBING or self._ledger.turn_end_ms is None:
            return None
        return self._ledger.turn_end_ms + self._responder.config.mute_timeout_s * 1000.0

    def start(self, *, waits_for_configure: bool) -> None:
        """Announce the session, and begin unless its user configures it first."""
        self._setup.announce(self._responder.config)
        if not waits_for_configure:
            self._begin()

    def handle(self, message: Any) -> None:
        """A client event, or a message from the response thread or a tool."""
        match message:
            case ClientEvent():
                self._take_event(message)
            case Made():
                self._responder.take(message)
            case Recognized():
                self._heard(message)
            case Chosen():
                for heard in self._ahead.chosen(message):
                    self._recognized(heard)
            case Judged() | Heard():
                if (judged := self._ahead.judged(message)) is not None:
                    self._step(judged)
            case Prefilled():
                if not self._ahead.take(message):
                    self._emit(WarningIssued(code="prefill_failed", message=str(message.error)))
            case ToolFinished():
                self._responder.take_tool_result(message)

    def _take_event(self, event: ClientEvent) -> None:
        match event:
            case BadFrame(error):
                if not self._setup.ignores(error):
                    self._emit(ErrorOccurred(error=error))
            case ConfigureSession():
                self._configure(event)
            case _ if not self._setup.is_configured:
                self._setup.refuse_early(event)
            case AppendAudio(audio):
                self._missing.arrived(self._now_ms(), len(audio))
                self._hear(audio)
            case CreateUserText(text):
                self._responder.add_text(text)
            case CreateFunctionCallOutput():
                self._responder.take_client_output(event)
            case CreateResponse():
                self._create_response()
            case CancelResponse(response_id):
                self._responder.cancel_response(response_id)
            case UpdateSession():
                self._update(event)
            case ReportPlayback(response_id, n_samples):
                self._responder.report_playback(response_id, n_samples)

    def _create_response(self) -> None:
        if self._responder.ask():
            self._step(turns.ResponseBegan())
            self._responder.respond_when_free()

    def _begin(self) -> None:
        config = self._responder.config
        self._setup.confirm(config)
        if config.generate_initial_response:
            self._step(turns.ResponseBegan())
            self._responder.respond(TurnLedger())
        else:
            self._responder.read_instructions()

    def _configure(self, event: ConfigureSession) -> None:
        if self._setup.is_configured:
            return
        config = self._setup.configured(self._responder.config, event)
        if config is not None:
            self._responder.prompts.configure(config)
            self._begin()

    def advance(self) -> None:
        """Do what is due: audio to send, time-outs."""
        self._responder.advance()
        for heard in self._ahead.overdue():
            self._recognized(heard)
        if self._mute_ms is not None and self._now_ms() >= self._mute_ms:
            self._listener.abandon()
            limit_s = self._responder.config.mute_timeout_s
            self._recognizer_failed(SpeechEngineError(f"no transcript within {limit_s:g} s"))
            self._step(turns.TurnTranscribed(""))

    def find_nothing(self) -> None:
        """No message waits: if audio has stopped arriving, silence is heard in its place."""
        if self._turn.phase is not turns.Phase.IDLE and self._now_ms() >= self._missing.due_ms:
            self._hear(self._missing.silence(self._now_ms()))

    def close(self) -> None:
        """Cancel what is in flight."""
        self._responder.cancel("session_closed")
        self._listener.cancel()

    def _hear(self, samples: Samples) -> None:
        for piece in pieces(samples):
            for activity in self._listener.hear(piece):
                began = activity.kind == "speech_started"
                self._step(turns.SpeechBegan(activity.ms) if began else turns.SpeechPaused(activity.ms))
            self._step(turns.TimePassed(self._listener.is_voiced))
            self._ahead.listen(self._turn, self._listener)

    def _heard(self, heard: Recognized) -> None:
        """While a response is made, the response thread has no time to choose words."""
        settled = heard if self._turn.responding else self._ahead.settle(heard)
        if settled is not None:
            self._recognized(settled)

    def _recognized(self, heard: Recognized) -> None:
        if not self._listener.is_current(heard.utterance):
            return
        if heard.error is not None:
            self._recognizer_failed(heard.error)
        elif heard.certainty is Certainty.AHEAD:
            self._ahead.hear_whole(heard.text)  # before the reply to it occupies the response thread
            self._step(turns.TranscribedAhead(heard.text))
        elif heard.certainty is Certainty.FINAL:
            self._ledger = self._ahead.noted(replace(self._ledger, transcript_ms=self._now_ms()))
            self._emit(TranscriptCompleted(item_id=self._item.id, text=heard.text))
            self._step(turns.TurnTranscribed(heard.text))
        else:
            if self._item.id:
                self._emit(TranscriptUpdated(item_id=self._item.id, text=heard.text))
            if not self._turn.responding:
                self._ahead.hear(heard.text)
            self._step(turns.PartialHeard(heard.text))

    def _step(self, event: turns.TurnEvent) -> None:
        self._turn, actions = step(self._turn, event, self._listener.time_ms, self._settings)
        for action in actions:
            self._do(action)

    def _do(self, action: turns.Action) -> None:
        match action:
            case turns.BeginTurn(audio_start_ms):
                self._begin_turn(audio_start_ms)
            case turns.TranscribeAhead():
                self._listener.peek()
            case turns.RespondAhead(text):
                self._responder.respond_ahead(text)
            case turns.DropAhead():
                self._responder.drop_ahead()
                self._listener.reopen()
            case turns.EndTurn(audio_end_ms):
                self._end_turn(audio_end_ms)
            case turns.AcceptTurn(text):
                self._finish_item("completed", text)
                self._responder.answer(text, self._ledger)
            case turns.RejectTurn(audio_end_ms):
                self._responder.drop_ahead()
                if audio_end_ms is not None:
                    self._emit(SpeechStopped(audio_end_ms=round(audio_end_ms), item_id=self._item.id))
                self._finish_item("incomplete", "")
            case turns.StopRecognizing():
                self._listener.cancel()
            case turns.HoldOutput() if self._turn.undecided or self._turn.holding:  # what came before may have ended it
                self._responder.hold(self._session_ms(self._turn.start_ms))
            case turns.ResumeOutput():
                self._responder.resume()
            case turns.InterruptResponse():
                self._responder.cancel("interrupted")

    def _begin_turn(self, audio_start_ms: float) -> None:
        self._item = Item(new_id("item"), role="user")
        self._emit(SpeechStarted(audio_start_ms=round(audio_start_ms), item_id=self._item.id))
        self._chain.add(self._item)
        self._ahead.begin()
        self._listener.open(audio_start_ms)

    def _end_turn(self, audio_end_ms: float) -> None:
        now_ms = self._now_ms()
        self._ledger = self._ahead.end(TurnLedger(self._session_ms(audio_end_ms), now_ms))
        self._emit(SpeechStopped(audio_end_ms=round(audio_end_ms), item_id=self._item.id))
        self._listener.finish()

    def _session_ms(self, audio_ms: float) -> float:
        """A time of the audio stream on the session's clock, as if its audio came without delay."""
        return self._now_ms() - (self._listener.time_ms - audio_ms)

    def _finish_item(self, status: Any, text: str) -> None:
        self._chain.finish(replace(self._item, status=status, text=text))
        self._item = Item("")

    def _recognizer_failed(self, error: Exception) -> None:
        """The turn goes on without words and is rejected at its end."""
        logger.error("recogniser failed: %s", error, exc_info=error)
        self._emit(ErrorOccurred(error=ErrorInfo("api_error", "internal_error", f"the recogniser failed: {error}")))

    def _update(self, event: UpdateSession) -> None:
        config = self._setup.updated(self._responder.config, event)
        if config is not None:
            self._responder.drop_ahead()
            self._responder.prompts.config = config
            self._responder.read_instructions()
