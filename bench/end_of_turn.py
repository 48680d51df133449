"""When a turn is taken to be over: how long the user waits, and how often he is cut off in a pause of 200 to 700 ms.

The whole session hears made speech in virtual time: its decisions are those of a machine that is quick enough, and of
this one under no load. Three rules beside each other: a fixed silence, the last word of the transcript, and the
language model's judgement. The wait counts from the last labelled sample of speech. Needs `flite`.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from claims import Claims, median, model_of, p95
from electron_local import Electron
from electron_local.demo.agent import INSTRUCTIONS, TOOLS
from electron_local.speech import create_recognizer, create_synthesizer
from electron_local.voice import EndOfTurn, Session, SessionConfig, TurnSettings
from electron_local.voice.events import SpeechStopped
from made_speech import SpokenRequest, spoken_requests
from voice_turns import voice_arguments

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from virtual_time import VirtualRuntime

_CUT_MS = 150.0
_PIECE = 320
_TAIL_MS = 1500
_FIXED_MS = 700.0
_MOST_WAIT_MS = 320.0  # leaves 30 ms of 350 for the rest
_MOST_CUT = 0.05

CONFIG = SessionConfig(instructions=INSTRUCTIONS, tools=tuple(TOOLS), model_judges_end=False)
RULES = {
    "the model's judgement": replace(CONFIG, model_judges_end=True),
    "the last word": replace(CONFIG, turn=TurnSettings(EndOfTurn(finished_end_ms=500.0))),
    "a fixed silence": replace(
        CONFIG,
        turn=TurnSettings(
            EndOfTurn(soft_end_ms=None, sure_end_ms=_FIXED_MS, finished_end_ms=_FIXED_MS, hard_end_ms=_FIXED_MS)
        ),
    ),
}


class Listeners:
    """The parts that all sessions share."""

    def __init__(self, model: Path, recognizer: str) -> None:
        self.client = Electron(model)
        self.recognizer = create_recognizer(recognizer)
        self.synthesizer = create_synthesizer()

    def waits_ms(self, request: SpokenRequest, config: SessionConfig) -> list[float]:
        """From the end of speech to each end of turn that the session sees; below zero where it cut the user off."""
        runtime = VirtualRuntime()
        session = Session(
            self.client, config, recognizer=self.recognizer, synthesizer=self.synthesizer, runtime=runtime
        )
        tail = np.random.default_rng(1).normal(0, 0.0005, _TAIL_MS * 16).astype(np.float32)
        samples = np.concatenate([request.samples, tail])
        for start in range(0, len(samples), _PIECE):
            session.push(samples[start : start + _PIECE])
            runtime.sleep(20)
        session.close()
        return [event.time_ms - request.end_ms for event in session.events() if isinstance(event, SpeechStopped)]


def main() -> None:
    parser = voice_arguments(__doc__)
    parser.add_argument("--turns", type=int, default=60, help="without a pause, and as many with one")
    arguments = parser.parse_args()
    n_turns = 3 if arguments.quick else arguments.turns
    model = model_of(arguments)
    listeners = Listeners(model, arguments.stt)
    fluent, paused = spoken_requests(n_turns, paused=False), spoken_requests(n_turns, paused=True, seed=8)
    claims = Claims("end_of_turn", model=model.name, stt=arguments.stt, turns=n_turns, pauses_ms="200 to 700")
    for rule, config in RULES.items():
        waits = [listeners.waits_ms(request, config) for request in fluent]
        heard = [wait[-1] for wait in waits if wait]
        cuts = [any(ms < -_CUT_MS for ms in listeners.waits_ms(request, config)) for request in paused]
        wait, cut = f"{rule}: wait, median", f"{rule}: turns cut off, of those with a pause"
        if config.model_judges_end:
            claims.ratio(wait, median(heard), "ms", at_most=_MOST_WAIT_MS)
            claims.ratio(cut, sum(cuts) / n_turns, at_most=_MOST_CUT)
        else:
            claims.value(wait, median(heard), "ms")
            claims.value(cut, sum(cuts) / n_turns)
        claims.value(f"{rule}: wait, 95th percentile", p95(heard), "ms")
    listeners.client.close()
    claims.finish()


if __name__ == "__main__":
    main()
