"""A session on fakes in virtual time, and a user who talks to it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

import numpy as np

from electron_local.errors import BadRequestError, ContextLengthExceededError, OverloadedError
from electron_local.voice import BargeIn, EndOfTurn, Session, SessionConfig, TurnSettings
from electron_local.voice.events import AudioDelta, ServerEvent
from hearing_fakes import FakeRecognizer, FakeVad, silence, speech
from virtual_time import VirtualRuntime
from voice_fakes import FakeChat, FakeSynthesizer

CREATED = ["session.created", "session.configured"]
USER_BEGINS = ["input_audio_buffer.speech_started", "conversation.item.added"]
USER_ENDS = ["input_audio_buffer.speech_stopped", "conversation.item.done"]
BOT_BEGINS = ["response.created", "conversation.item.added", "response.output_audio.delta"]
BOT_ENDS = ["response.output_audio.done", "conversation.item.done", "response.done"]
LONG = "This answer is long enough to be talked over by anyone. " * 4
TURN = TurnSettings(
    EndOfTurn(soft_end_ms=None, sure_end_ms=300, finished_end_ms=400, hard_end_ms=800, min_speech_ms=100), BargeIn()
)
PASSING = [
    OverloadedError("the queue is full"),
    ContextLengthExceededError("the context is full"),
    BadRequestError("too many", code="too_big", param="messages"),
]
TOOL = {"type": "function", "name": "get_weather", "description": "", "parameters": {"type": "object"}}


class Rig:
    """`replies` script the language model, `heard` the recogniser, one entry an utterance."""

    def __init__(
        self,
        *replies: list[Any],
        heard: list[Any] | None = None,
        tools: Mapping[str, Callable[..., Any]] | None = None,
        schemas: tuple[dict[str, Any], ...] = (),
        rate: int = 48000,
        waits_for_configure: bool = False,
        ledger: Any = None,
        end_of_turn: Any = None,
        **config: Any,
    ) -> None:
        self.runtime = VirtualRuntime()
        self.chat = FakeChat(self.runtime, *replies)
        self.recognizer = FakeRecognizer(heard or [])
        self.synthesizer = FakeSynthesizer(self.runtime, sample_rate=rate)
        self.events: list[ServerEvent] = []
        self.session = Session(
            self.chat,
            SessionConfig(**{"instructions": "Be brief.", "turn": TURN, "tools": schemas, **config}),
            recognizer=self.recognizer,
            synthesizer=self.synthesizer,
            end_of_turn=end_of_turn,
            vad=FakeVad(),
            tools=tools,
            ledger=ledger,
            runtime=self.runtime,
            waits_for_configure=waits_for_configure,
        )

    def push(self, samples: np.ndarray) -> None:
        """Real-time audio in 20 ms pieces."""
        for start in range(0, len(samples), 320):
            self.session.push(samples[start : start + 320])
            self.wait(20)

    def say(self, duration_ms: int) -> None:
        self.push(speech(duration_ms))

    def quiet(self, duration_ms: int) -> None:
        self.push(silence(duration_ms))

    def wait(self, duration_ms: float) -> None:
        """Time without audio."""
        self.runtime.sleep(duration_ms)
        while (event := self.session.next_event(timeout_ms=0)) is not None:
            self.events.append(event)

    def close(self) -> None:
        self.session.close()
        self.events += self.session.events()

    def of(self, kind: type[Any]) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]

    def wire(self, *, without: Collection[str] = ()) -> list[str]:
        """Names of the events that go over the wire, runs of deltas as one."""
        names = [event.type for event in self.events if event.on_wire and event.type not in without]
        return [name for i, name in enumerate(names) if not (name.endswith(".delta") and names[i - 1] == name)]

    def audio_ms(self, response_id: str | None = None) -> float:
        deltas = [e for e in self.of(AudioDelta) if response_id in (None, e.response_id)]
        return sum(delta.delta.duration_ms for delta in deltas)

    def last_messages(self) -> list[tuple[str, str | None]]:
        return [(message["role"], message.get("content")) for message in self.chat.requests[-1]["messages"]]
