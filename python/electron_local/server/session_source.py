"""Where the sessions of a server come from: one engine, one recogniser and one synthesiser for all of them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Protocol

from electron_local.chat.completions import ChatPath
from electron_local.chat.resources import Chat
from electron_local.speech.base import EndOfTurnModel, SpeakerAdaptive
from electron_local.speech.engines import SpeechEngines
from electron_local.voice import Session, SessionConfig


class SessionSource(Protocol):
    """What `create_app` asks for sessions. May load engines, so it is called in a thread of its own."""

    def __call__(self, config: SessionConfig) -> Session:
        """A session that waits for its ConfigureSession. Raises MissingDependencyError and what the engines raise."""


class SharedEngines:
    """The SessionSource of a server: its sessions share what is dear.

    Each has voice activity detection of its own, and a recogniser that learns its speaker.
    """

    def __init__(self, path: ChatPath, engines: SpeechEngines, end_of_turn: EndOfTurnModel | None = None) -> None:
        self._path = path
        self._engines = engines
        self._end_of_turn = end_of_turn

    def __call__(self, config: SessionConfig) -> Session:
        """Any thread."""
        path, engines = self._path, self._engines
        judges = path.engine.model.judges_end_of_turn
        recognizer = engines.recognizer
        if isinstance(recognizer, SpeakerAdaptive):
            recognizer = recognizer.for_speaker()
        return Session(
            SimpleNamespace(chat=Chat(lambda: path), judges_end_of_turn=judges),
            config,
            recognizer=recognizer,
            synthesizer=engines.synthesizer,
            end_of_turn=self._end_of_turn,
            waits_for_configure=True,
        )
