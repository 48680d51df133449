"""Voice to voice: from the last sample of speech to the first audio of the answer, at the pace of real time.

Made speech (made_speech.py) goes through the whole session with the bundled model and the demo's tools: recogniser,
turn, model, tool, narration, synthesiser. In the same run, turn by turn in alternation: with all early work, and with
none; the answers must be the same. `--ledger` and `--timeline` keep where the time of each turn went. Needs `flite`.
A turn takes about five seconds, and twice that with its other half.
"""

from __future__ import annotations

import argparse
import random
import time
from dataclasses import dataclass, replace

import numpy as np

from claims import Claims, bench_arguments, median, model_of, p95
from electron_local import Electron
from electron_local.demo.agent import FUNCTIONS, INSTRUCTIONS, TOOLS
from electron_local.speech import create_recognizer, create_synthesizer
from electron_local.voice import EarlyWork, Session, SessionConfig, TurnSettings
from electron_local.voice.events import AudioDelta, CallArgumentsDone, ItemDone, SpeechStopped, TranscriptCompleted
from electron_local.voice.ledger_file import ledger_sink
from electron_local.voice.timeline import draw_timeline
from made_speech import SpokenRequest, spoken_requests

_CUT_MS = 150.0


@dataclass(frozen=True)
class Turn:
    """What came of one request; times in ms, from the last labelled sample of speech. None: no answer was heard."""

    heard: str
    said: str
    called: bool
    is_cut: bool
    turn_end_ms: float | None
    first_audio_ms: float | None

    @property
    def since_stopped_ms(self) -> float | None:
        """From `speech_stopped` to the first audio."""
        if self.first_audio_ms is None or self.turn_end_ms is None:
            return None
        return self.first_audio_ms - self.turn_end_ms


class Stage:
    """The parts that all turns share."""

    def __init__(self, client: Electron, base: SessionConfig) -> None:
        self._client = client
        self._recognizer = create_recognizer()
        self._synthesizer = create_synthesizer()
        self.configs = {"early work": base, "no early work": without_early_work(base)}
        self.entries: list[dict] = []

    def play(self, request: SpokenRequest, config: SessionConfig) -> Turn:
        """One request to a session of its own."""
        session = Session(
            self._client,
            config,
            recognizer=self._recognizer,
            synthesizer=self._synthesizer,
            tools=FUNCTIONS,
            ledger=self.entries.append,
        )
        time.sleep(0.1)
        begin_ms = session.now_ms()
        events = list(session.run(with_quiet(request)))
        end_ms = begin_ms + request.end_ms
        stops = [event.time_ms for event in events if isinstance(event, SpeechStopped)]
        audio = next((event.time_ms for event in events if isinstance(event, AudioDelta)), None)
        heard = [event.text for event in events if isinstance(event, TranscriptCompleted)]
        said = [e.item.text for e in events if isinstance(e, ItemDone) and e.item.role == "assistant"]
        return Turn(
            " | ".join(heard),
            " | ".join(said),
            any(isinstance(event, CallArgumentsDone) for event in events),
            any(ms < end_ms - _CUT_MS for ms in stops),
            stops[-1] - end_ms if stops else None,
            None if audio is None else audio - end_ms,
        )


def with_quiet(request: SpokenRequest) -> np.ndarray:
    """The request, and a second of quiet noise."""
    tail = np.random.default_rng(1).normal(0, 0.0005, 16000).astype(np.float32)
    return np.concatenate([request.samples, tail])


def without_early_work(config: SessionConfig) -> SessionConfig:
    """The same session that waits for the end of each turn before it does anything."""
    end = replace(config.turn.end_of_turn, soft_end_ms=None)
    return replace(config, early=EarlyWork.none(), turn=TurnSettings(end, config.turn.barge_in))


def main() -> None:
    parser = bench_arguments(__doc__)
    parser.add_argument("--turns", type=int, default=50)
    parser.add_argument("--paused", action="store_true", help="with a pause of 200 to 700 ms inside each request")
    parser.add_argument("--no-compare", action="store_true", help="only with early work, in half the time")
    parser.add_argument("--ledger", help="append the ledgers to this file, as JSON lines")
    parser.add_argument("--timeline", help="draw the turns into this PNG (extra plot)")
    arguments = parser.parse_args()
    n_turns = 2 if arguments.quick else arguments.turns
    model = model_of(arguments)
    requests = spoken_requests(n_turns, paused=arguments.paused, seed=11)
    base = SessionConfig(instructions=INSTRUCTIONS, tools=tuple(TOOLS), model_judges_end=not arguments.model or None)
    turns: dict[str, list[Turn]] = {}
    with Electron(model) as client:
        stage = Stage(client, base)
        stage.play(requests[0], base)
        stage.entries.clear()
        for request in requests:
            for name, config in order(stage, compare=not arguments.no_compare):
                turns.setdefault(name, []).append(stage.play(request, config))
    claims = Claims("voice_to_voice", model=model.name, turns=n_turns, paused=arguments.paused, tools=len(TOOLS))
    report(claims, turns)
    keep(stage, arguments)
    claims.finish()


def order(stage: Stage, *, compare: bool) -> list[tuple[str, SessionConfig]]:
    """Both settings, either first; or the first alone."""
    settings = list(stage.configs.items())
    return random.sample(settings, 2) if compare else settings[:1]


def report(claims: Claims, turns: dict[str, list[Turn]]) -> None:
    """The table."""
    early = turns["early work"]
    answered = [turn for turn in early if turn.first_audio_ms is not None]
    voice_ms = [turn.first_audio_ms or 0.0 for turn in answered]
    claims.ratio("turns answered", len(answered) / len(early), at_least=0.98)
    claims.ratio("voice to voice, median", median(voice_ms), "ms", at_most=350)
    claims.ratio("voice to voice, 95th percentile", p95(voice_ms), "ms", at_most=600)
    claims.ratio("from speech_stopped, median", median([t.since_stopped_ms or 0.0 for t in answered]), "ms", at_most=60)
    claims.value("end of turn, median", median([turn.turn_end_ms or 0.0 for turn in answered]), "ms")
    claims.ratio("turns cut off early", sum(turn.is_cut for turn in early) / len(early), at_most=0.05)
    narrated = [turn.first_audio_ms or 0.0 for turn in answered if turn.called]
    if narrated:
        claims.ratio("with an instant tool, to the narration, mean", sum(narrated) / len(narrated), "ms", at_most=700)
    if late := turns.get("no early work"):
        both = [
            (b.first_audio_ms - a.first_audio_ms, a.said == b.said)
            for a, b in zip(early, late, strict=True)
            if a.first_audio_ms is not None and b.first_audio_ms is not None and a.heard == b.heard
        ]
        claims.value("turns understood alike with and without early work", len(both) / len(early))
        if both:
            claims.ratio("earlier than without early work, median", median([ms for ms, _ in both]), "ms", at_least=200)
            claims.ratio("of these, with the same words", sum(same for _, same in both) / len(both), at_least=1.0)


def keep(stage: Stage, arguments: argparse.Namespace) -> None:
    """The ledgers, where they were asked for."""
    if arguments.ledger:
        for entry in stage.entries:
            ledger_sink(arguments.ledger)(entry)
    if arguments.timeline:
        draw_timeline(stage.entries, arguments.timeline)


if __name__ == "__main__":
    main()
