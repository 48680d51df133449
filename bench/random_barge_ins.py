"""1,000 random interruptions of one session: no stale audio, a history of what was heard, memory that stays flat.

In virtual time, on stages that are scripted: the session's own code is the subject. The user speaks for a random time
after a random silence; he says words, a backchannel or nothing; the bot answers at length, calls a tool or fails.
"""

from __future__ import annotations

import gc
import logging
import random
import sys
import tracemalloc
from pathlib import Path

from claims import Claims, bench_arguments
from electron_local.voice import HistoryLimit
from electron_local.voice.events import AudioDelta, ItemDone, ResponseCreated, ResponseDone, ServerEvent, SpeechStarted

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "voice"))
from conversation_rig import TOOL, Rig

from voice_fakes import Call

REPLY = "This is the answer, and it is not a short one. It goes on for a while. "
HEARD = ["stop that please", "what about now", "wait a moment", "play the", "yeah", ""]
_CHAR_MS = 50


class Watched:
    """Looks at events as they pass, and keeps none."""

    def __init__(self) -> None:
        self.open: str | None = None
        self.sent_ms = 0.0
        self.n_stale = self.n_interrupted = self.n_turns = self.n_beyond = 0
        self._text = ""

    def see(self, event: ServerEvent) -> None:
        """Count what is wrong with `event`."""
        match event:
            case ResponseCreated():
                self.n_stale += self.open is not None
                self.open, self.sent_ms, self._text = event.response.id, 0.0, ""
            case AudioDelta():
                self.n_stale += event.response_id != self.open
                self.sent_ms += event.delta.duration_ms
            case ItemDone() if event.item.role == "assistant":
                self._text = event.item.text
            case SpeechStarted():
                self.n_turns += 1
            case ResponseDone():
                self.n_stale += event.response.id != self.open
                self.open = None
                if event.response.status == "cancelled":
                    self.n_interrupted += 1
                    n_spaces = self._text.count(". ") + (", " in self._text)  # between what is synthesised apart
                    n_spoken = len(self._text) - n_spaces
                    self.n_beyond += n_spoken * _CHAR_MS > self.sent_ms


def main() -> None:
    parser = bench_arguments(__doc__)
    parser.add_argument("--interruptions", type=int, default=1000)
    arguments = parser.parse_args()
    n_wanted = 20 if arguments.quick else arguments.interruptions
    logging.disable(logging.CRITICAL)  # the scripted failures
    rng = random.Random(1)
    call = Call("get_weather", {"city": "Rome"})
    texts = [[REPLY * 3], [REPLY * 3], [REPLY], ["Moment.", call]]
    rig = Rig(
        *(rng.choice([*texts, [ValueError("scripted")]]) for _ in range(8 * n_wanted)),
        heard=[rng.choice(HEARD) for _ in range(8 * n_wanted)],
        tools={"get_weather": lambda city: city},
        schemas=(TOOL,),
        history_limit=HistoryLimit(max_turns=20),
    )
    watched = Watched()
    tracemalloc.start()
    early_bytes = 0
    while watched.n_interrupted < n_wanted:
        rig.say(rng.choice([200, 400, 900]))
        rig.quiet(rng.choice([300, 700, 1500, 3000]))
        forget(rig, watched)
        if not early_bytes and watched.n_interrupted >= n_wanted // 5:
            early_bytes = idle_bytes(rig, watched)
    growth = idle_bytes(rig, watched) - early_bytes
    claims = Claims("random_barge_ins", interruptions=watched.n_interrupted)
    claims.value("turns that the user began", watched.n_turns)
    claims.ratio("stale or disordered events", watched.n_stale, at_most=0)
    claims.ratio("interrupted responses with more text than audio", watched.n_beyond, at_most=0)
    claims.ratio("idle at the end", float(rig.session.is_idle), at_least=1)
    claims.ratio("Python memory, from a fifth of them to the end", growth / 1e6, "MB", at_most=0.5)
    rig.close()
    claims.finish()


def forget(rig: Rig, watched: Watched) -> None:
    """Look at the events since the last time; drop what the stand-ins keep for tests."""
    for event in rig.events:
        watched.see(event)
    calls = (rig.events, rig.chat.requests, rig.chat.streams, rig.chat.prefilled)
    for kept in (*calls, rig.synthesizer.texts, rig.synthesizer.calls):
        kept.clear()


def idle_bytes(rig: Rig, watched: Watched) -> int:
    """Python memory in use after a silence that ends all that goes on."""
    for _ in range(30):
        rig.quiet(500)
    forget(rig, watched)
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


if __name__ == "__main__":
    main()
