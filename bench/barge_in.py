"""Speaking over the bot: from the onset of speech in the input to its last audio, and until the decoder is free.

A session speaks an endless answer of the bundled model (its end tokens are forbidden) while made speech interrupts it,
at the pace of real time. The onset is the labelled first sample of the speech. The decoder is free when the engine
counts no running request; it is asked each millisecond from the moment that the response was cancelled. Needs `flite`.
"""

from __future__ import annotations

import random
import time
from types import SimpleNamespace
from typing import Any

import numpy as np

from claims import Claims, bench_arguments, median, model_of, p95
from electron_local import Electron
from electron_local.demo.agent import INSTRUCTIONS
from electron_local.speech import create_recognizer, create_synthesizer
from electron_local.voice import Session, SessionConfig
from electron_local.voice.client_events import CreateResponse, CreateUserText
from electron_local.voice.events import AudioDelta, ResponseDone, ServerEvent
from made_speech import RATE, SpokenRequest, spoken_requests

_LEAD_MS = 500
_N_TOKENS = 600


class Endless:
    """A chat client whose answers do not end by themselves."""

    def __init__(self, client: Electron) -> None:
        self._client = client
        self.chat = SimpleNamespace(completions=SimpleNamespace(create=self._create))

    def _create(self, **request: Any) -> Any:
        bias = {str(token): -100.0 for token in self._client.engine.model.end_of_generation}
        return self._client.chat.completions.create(**{**request, "logit_bias": bias, "max_tokens": _N_TOKENS})


class Interrupted:
    """What came of one interruption, in ms."""

    def __init__(self, session: Session, client: Electron) -> None:
        self.events: list[ServerEvent] = []
        self.free_ms: float | None = None
        self.onset_ms = 0.0
        self._session = session
        self._client = client

    def wait(self, until_ms: float) -> None:
        """Read events until then; measure the decoder when the response was cancelled."""
        while (left_ms := until_ms - self._session.now_ms()) > 0:
            event = self._session.next_event(left_ms)
            if event is not None:
                self.events.append(event)
            if isinstance(event, ResponseDone) and self.free_ms is None:
                self.free_ms = self._free_after_ms()

    def _free_after_ms(self) -> float:
        begin = time.perf_counter()
        while self._client.stats()["n_running"] > 0:
            time.sleep(0.001)
        return 1000 * (time.perf_counter() - begin)


def interrupt(stage: dict[str, Any], client: Electron, request: SpokenRequest, after_ms: int) -> Interrupted:
    """Let the bot speak for `after_ms`, then speak over it."""
    session = Session(Endless(client), SessionConfig(instructions=INSTRUCTIONS), **stage)
    seen = Interrupted(session, client)
    session.send(CreateUserText("tell me about the weather in all the cities that you know"))
    session.send(CreateResponse())
    quiet = np.zeros(after_ms * RATE // 1000, np.float32)
    samples = np.concatenate([quiet, request.samples, np.zeros(RATE // 2, np.float32)])
    begin_ms = session.now_ms()
    for start in range(0, len(samples), 320):
        session.push(samples[start : start + 320])
        seen.wait(begin_ms + (start + 320) * 1000 / RATE)
    session.close()
    seen.onset_ms = begin_ms + after_ms + _LEAD_MS
    return seen


def main() -> None:
    parser = bench_arguments(__doc__)
    parser.add_argument("--runs", type=int, default=30)
    arguments = parser.parse_args()
    n_runs = 3 if arguments.quick else arguments.runs
    model = model_of(arguments)
    rng = random.Random(5)
    stage = {"recognizer": create_recognizer(), "synthesizer": create_synthesizer()}
    reaction_ms, free_ms, decided_ms = [], [], []
    with Electron(model) as client:
        for request in spoken_requests(n_runs, paused=False, seed=12):
            seen = interrupt(stage, client, request, rng.randint(1000, 2000))
            done = next((event for event in seen.events if isinstance(event, ResponseDone)), None)
            if done is None or done.response.status != "cancelled" or seen.free_ms is None:
                continue
            last = [e.time_ms for e in seen.events if isinstance(e, AudioDelta) and e.response_id == done.response.id]
            reaction_ms.append(max(0.0, last[-1] - seen.onset_ms))
            decided_ms.append(done.time_ms - seen.onset_ms)
            free_ms.append(seen.free_ms)
    claims = Claims("barge_in", model=model.name, runs=n_runs)
    claims.ratio("interruptions noticed", len(reaction_ms) / n_runs, at_least=0.95)
    claims.value("onset of speech to the last audio, median", median(reaction_ms), "ms")
    claims.ratio("onset of speech to the last audio, 95th percentile", p95(reaction_ms), "ms", at_most=250)
    claims.ratio("onset of speech to the decision, 95th percentile", p95(decided_ms), "ms", at_most=700)
    claims.ratio("decision to a free decoder, 95th percentile", p95(free_ms), "ms", at_most=15)
    claims.finish()


if __name__ == "__main__":
    main()
