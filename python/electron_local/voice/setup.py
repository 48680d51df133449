"""The beginning of a session, as PROTOCOL §2 orders it: announced, configured, and its tools changed later."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from electron_local.errors import InvalidArgumentError
from electron_local.voice.client_events import AppendAudio, ClientEvent, ConfigureSession, UpdateSession
from electron_local.voice.config import SessionConfig
from electron_local.voice.events import (
    ErrorOccurred,
    SessionConfigured,
    SessionCreated,
    SessionUpdated,
    WarningIssued,
)
from electron_local.voice.hosted_voices import DEPRECATED
from electron_local.voice.ids import new_id
from electron_local.voice.item_chain import Emit
from electron_local.voice.items import ErrorInfo
from electron_local.voice.voicing import Voicing


class Setup:
    """Owned by the conversation thread. `is_configured`: from then on the session hears."""

    def __init__(self, voicing: Voicing, emit: Emit) -> None:
        self.is_configured = False
        self._voicing = voicing
        self._emit = emit

    def announce(self, config: SessionConfig) -> None:
        """The first events of a session."""
        if config.hosted_model in DEPRECATED:
            self._emit(WarningIssued(code="model_deprecated", message=DEPRECATED[config.hosted_model]))
        self._emit(SessionCreated(session_id=new_id("sess")))

    def confirm(self, config: SessionConfig) -> None:
        """`config` holds from now on."""
        self.is_configured = True
        self._emit(SessionConfigured(session=config.applied()))

    def ignores(self, error: ErrorInfo) -> bool:
        """Whether a wrong frame has no answer: audio before the configuration, or a configuration after it."""
        if self.is_configured:
            return (error.param or "").startswith("session.configure.")
        return error.code == "invalid_audio"

    def refuse_early(self, event: ClientEvent) -> None:
        """`event` came before the configuration: audio is dropped in silence, everything else is an error."""
        if not isinstance(event, AppendAudio):
            kind = "invalid_request_error"
            message = f"{event.type} came before session.configure"
            self._emit(ErrorOccurred(error=ErrorInfo(kind, kind, message, "type", event.event_id)))

    def configured(self, config: SessionConfig, event: ConfigureSession) -> SessionConfig | None:
        """`config` with what `event` changes; None when it cannot be, which the user is told."""
        given: dict[str, Any] = {
            "instructions": event.instructions,
            "tools": event.tools,
            "generate_initial_response": event.generate_initial_response,
            "voice": event.voice,
        }
        name = ""
        try:
            for name, value in given.items():
                config = config if value is None else replace(config, **{name: value})
            self._voicing.choose(config)
        except InvalidArgumentError as error:
            self._refuse(event, name, error)
            return None
        return config

    def updated(self, config: SessionConfig, event: UpdateSession) -> SessionConfig | None:
        """`config` with the tools of `event`; None when that changes nothing, or cannot be, which the user is told."""
        if event.tools is None or event.tools == config.tools:
            return None
        try:
            changed = replace(config, tools=event.tools)
        except InvalidArgumentError as error:
            self._refuse(event, "tools", error)
            return None
        self._emit(SessionUpdated(session={"tools": list(event.tools)}))
        return changed

    def _refuse(self, event: ConfigureSession | UpdateSession, name: str, error: InvalidArgumentError) -> None:
        kind, param = "invalid_request_error", f"{event.type}.session.{name}"
        self._emit(ErrorOccurred(error=ErrorInfo(kind, kind, str(error), param, event.event_id)))
