"""Two and four voice sessions at once on one engine: whether each still gets its audio in time.

Each session is a user of his own, who says one request after the other at the pace of real time; all share model,
recogniser and synthesiser. Real time is kept when no audio delta comes later than the listener has played what was
sent before it. One session alone runs first, for comparison. Needs `flite`.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass

from claims import Claims, bench_arguments, median, model_of, p95
from electron_local import Electron
from electron_local.demo.agent import FUNCTIONS
from electron_local.speech import create_recognizer, create_synthesizer
from electron_local.speech.base import SpeechToText, TextToSpeech
from electron_local.voice import Session, SessionConfig
from electron_local.voice.events import AudioDelta, ServerEvent
from made_speech import SpokenRequest, spoken_requests
from voice_turns import demo_config, with_quiet


@dataclass
class User:
    """One user's requests, and what he saw, in ms."""

    requests: list[SpokenRequest]
    voice_ms: list[float]
    late_ms: list[float]

    def talk(self, client: Electron, stages: tuple[SpeechToText, TextToSpeech], config: SessionConfig) -> None:
        """Each request in a session of its own."""
        for request in self.requests:
            session = Session(client, config, recognizer=stages[0], synthesizer=stages[1], tools=FUNCTIONS)
            begin_ms = session.now_ms()
            deltas = [event for event in session.run(with_quiet(request)) if isinstance(event, AudioDelta)]
            if deltas:
                self.voice_ms.append(deltas[0].time_ms - begin_ms - request.end_ms)
                self.late_ms.append(latest_ms(deltas))


def latest_ms(deltas: list[AudioDelta] | list[ServerEvent]) -> float:
    """How long a listener heard nothing inside a response at most, for want of audio."""
    late_ms, played_out_ms, response_id = 0.0, 0.0, ""
    for delta in deltas:
        assert isinstance(delta, AudioDelta)
        if delta.response_id == response_id:
            late_ms = max(late_ms, delta.time_ms - played_out_ms)
        else:
            played_out_ms, response_id = delta.time_ms, delta.response_id
        played_out_ms = max(played_out_ms, delta.time_ms) + delta.delta.duration_ms
    return late_ms


def together(
    n_users: int, n_turns: int, client: Electron, stages: tuple[SpeechToText, TextToSpeech], config: SessionConfig
) -> list[User]:
    """`n_users` talk at once."""
    requests = spoken_requests(n_users * n_turns, paused=False, seed=13)
    users = [User(requests[user::n_users], [], []) for user in range(n_users)]
    threads = [threading.Thread(target=user.talk, args=(client, stages, config)) for user in users]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return users


def main() -> None:
    parser = bench_arguments(__doc__)
    parser.add_argument("--turns", type=int, default=8, help="of each user")
    arguments = parser.parse_args()
    n_turns = 1 if arguments.quick else arguments.turns
    model = model_of(arguments)
    config = demo_config(arguments)
    claims = Claims("voice_sessions", model=model.name, turns=n_turns)
    with Electron(model) as client:
        stages = create_recognizer(), create_synthesizer()
        together(1, 1, client, stages, config)
        for n_users in (1, 2, 4):
            users = together(n_users, n_turns, client, stages, config)
            voice_ms = [ms for user in users for ms in user.voice_ms]
            late_ms = [ms for user in users for ms in user.late_ms]
            name = f"{n_users} at once"
            claims.value(f"{name}: turns answered", len(voice_ms) / (n_users * n_turns))
            if len(voice_ms) < 2:
                continue
            claims.value(f"{name}: voice to voice, median", median(voice_ms), "ms")
            claims.value(f"{name}: voice to voice, 95th percentile", p95(voice_ms), "ms")
            if n_users == 2:
                claims.ratio(f"{name}: longest gap inside a response", max(late_ms), "ms", at_most=0)
            else:
                claims.value(f"{name}: longest gap inside a response", max(late_ms), "ms")
    claims.finish()


if __name__ == "__main__":
    main()
