"""What the voice benches share: spoken requests through the demo's session in real time, and what came of each."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from claims import bench_arguments
from electron_local import Electron
from electron_local.demo.agent import FUNCTIONS, INSTRUCTIONS, TOOLS
from electron_local.speech import SpeechToText, create_recognizer, create_synthesizer
from electron_local.speech.base import DEFAULT_RECOGNIZER, SpeakerAdaptive
from electron_local.voice import Session, SessionConfig
from electron_local.voice.events import (
    AudioDelta,
    CallArgumentsDone,
    ItemDone,
    ServerEvent,
    SpeechStopped,
    TranscriptCompleted,
)
from electron_local.voice.runtime import Runtime
from made_speech import SpokenRequest

_CUT_MS = 150.0
MADE_ANSWER_TOKENS = 8  # a made model ends no answer and no clause by itself; "Your timer is set for 90 minutes."


@dataclass(frozen=True)
class Turn:
    """What came of one request; times in ms, from the last labelled sample of speech. None: there was none.

    `calls`: name and arguments of each. `audio_ms`: (start, end of what was sent) of each response with audio.
    """

    heard: str
    said: str
    calls: tuple[tuple[str, dict[str, Any]], ...]
    is_cut: bool
    turn_end_ms: float | None
    audio_ms: tuple[tuple[float, float], ...]

    @property
    def first_audio_ms(self) -> float | None:
        """To the first audio of any response."""
        return self.audio_ms[0][0] if self.audio_ms else None

    @property
    def since_stopped_ms(self) -> float | None:
        """From `speech_stopped` to the first audio."""
        if self.first_audio_ms is None or self.turn_end_ms is None:
            return None
        return self.first_audio_ms - self.turn_end_ms


class Stage:
    """The parts that all turns share; `options` are the recogniser's. `entries`: the ledgers of all responses."""

    def __init__(
        self,
        client: Electron,
        recognizer: str | None = None,
        *,
        tools: Mapping[str, Callable[..., Any]] = FUNCTIONS,
        **options: Any,
    ) -> None:
        self._client = client
        self._tools = tools
        self._recognizer = create_recognizer(recognizer, **options)
        self._ears: dict[str, SpeechToText] = {}
        self._synthesizer = create_synthesizer()
        self.entries: list[dict[str, Any]] = []

    def session(self, config: SessionConfig, voice: str, runtime: Runtime | None = None) -> Session:
        """A session of its own for one request; each voice is a speaker whom the recogniser learns."""
        if voice not in self._ears and isinstance(self._recognizer, SpeakerAdaptive):
            self._ears[voice] = self._recognizer.for_speaker()
        return Session(
            self._client,
            config,
            recognizer=self._ears.get(voice, self._recognizer),
            synthesizer=self._synthesizer,
            tools=self._tools,
            ledger=self.entries.append,
            runtime=runtime,
        )

    def play(self, request: SpokenRequest, config: SessionConfig) -> Turn:
        """One request, at the pace of real time."""
        session = self.session(config, request.voice)
        time.sleep(0.1)
        begin_ms = session.now_ms()
        return turn_of(list(session.run(with_quiet(request))), begin_ms + request.end_ms)


def turn_of(events: list[ServerEvent], end_ms: float) -> Turn:
    """What `events` tell of the turn whose speech ended at `end_ms`."""
    stops = [event.time_ms for event in events if isinstance(event, SpeechStopped)]
    heard = [event.text for event in events if isinstance(event, TranscriptCompleted)]
    said = [e.item.text for e in events if isinstance(e, ItemDone) and e.item.role == "assistant"]
    calls = [(e.name, json.loads(e.arguments)) for e in events if isinstance(e, CallArgumentsDone)]
    spoken: dict[str, tuple[float, float]] = {}
    for event in events:
        if isinstance(event, AudioDelta):
            start_ms, until_ms = spoken.get(event.response_id, (event.time_ms, event.time_ms))
            spoken[event.response_id] = start_ms, max(until_ms, event.time_ms) + event.delta.duration_ms
    return Turn(
        " | ".join(heard),
        " | ".join(said),
        tuple(calls),
        any(ms < end_ms - _CUT_MS for ms in stops),
        stops[-1] - end_ms if stops else None,
        tuple((start_ms - end_ms, until_ms - end_ms) for start_ms, until_ms in spoken.values()),
    )


def with_quiet(request: SpokenRequest) -> np.ndarray:
    """The request, and a second of quiet noise."""
    tail = np.random.default_rng(1).normal(0, 0.0005, 16000).astype(np.float32)
    return np.concatenate([request.samples, tail])


def voice_arguments(description: str | None) -> argparse.ArgumentParser:
    """`bench_arguments`, and `--stt`, the recogniser."""
    parser = bench_arguments(description)
    parser.add_argument("--stt", metavar="ENGINE[:MODEL]", default=DEFAULT_RECOGNIZER, help="recogniser")
    return parser


def demo_config(arguments: argparse.Namespace) -> SessionConfig:
    """The demo's session for the model of `bench_arguments`."""
    return SessionConfig(
        instructions=INSTRUCTIONS,
        tools=tuple(TOOLS),
        max_output_tokens=MADE_ANSWER_TOKENS if is_made(arguments) else None,
    )


def is_made(arguments: argparse.Namespace) -> bool:
    """Whether the model has random weights in the shape of a real one."""
    return bool(arguments.model) and not arguments.model.endswith(".gguf")
