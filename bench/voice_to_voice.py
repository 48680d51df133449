"""Voice to voice: from the last sample of speech to the first audio of the answer, at the pace of real time.

Made speech (made_speech.py) goes through the whole session with the bundled model and the demo's tools: recogniser,
turn, model, tool, narration, synthesiser. In the same run, turn by turn in alternation: with all early work, and with
none; the answers must be the same. A made model (`--model qwen3-0.6b:Q4_K_M`) writes 8 random tokens an answer.
`--ledger` and `--timeline` keep where the time of each turn went. Needs `flite`. A turn takes about five seconds, and
twice that with its other half.
"""

from __future__ import annotations

import argparse
import random
from dataclasses import replace

from claims import Claims, median, model_of, p95
from electron_local import Electron
from electron_local.voice import EarlyWork, SessionConfig, TurnSettings
from electron_local.voice.ledger_file import ledger_sink
from electron_local.voice.timeline import draw_timeline
from made_speech import spoken_requests
from voice_turns import Stage, Turn, demo_config, is_made, voice_arguments

_BUNDLED_MS, _BUNDLED_P95_MS, _MADE_MS = 350, 600, 900  # aims


def without_early_work(config: SessionConfig) -> SessionConfig:
    """The same session that waits for the end of each turn before it does anything."""
    end = replace(config.turn.end_of_turn, soft_end_ms=None)
    return replace(config, early=EarlyWork.none(), turn=TurnSettings(end, config.turn.barge_in))


def main() -> None:
    parser = voice_arguments(__doc__)
    parser.add_argument("--turns", type=int, default=50)
    parser.add_argument("--paused", action="store_true", help="with a pause of 200 to 700 ms inside each request")
    parser.add_argument("--lead-ms", type=float, help="`EndOfTurn.lead_ms`: how long before the end a reply is begun")
    parser.add_argument("--no-compare", action="store_true", help="only with early work, in half the time")
    parser.add_argument("--ledger", help="append the ledgers to this file, as JSON lines")
    parser.add_argument("--timeline", help="draw the turns into this PNG (extra plot)")
    arguments = parser.parse_args()
    n_turns = 2 if arguments.quick else arguments.turns
    model = model_of(arguments)
    requests = spoken_requests(n_turns, paused=arguments.paused, seed=11)
    base = demo_config(arguments)
    if arguments.lead_ms is not None:
        end = replace(base.turn.end_of_turn, lead_ms=arguments.lead_ms)
        base = replace(base, turn=replace(base.turn, end_of_turn=end))
    settings = {"early work": base, "no early work": without_early_work(base)}
    turns: dict[str, list[Turn]] = {}
    with Electron(model) as client:
        stage = Stage(client, arguments.stt)
        stage.play(requests[0], base)
        stage.entries.clear()
        for request in requests:
            for name, config in order(settings, compare=not arguments.no_compare):
                turns.setdefault(name, []).append(stage.play(request, config))
    facts = {
        "tools": len(base.tools),
        "answer_tokens": base.max_output_tokens,
        "lead_ms": base.turn.end_of_turn.lead_ms,
    }
    claims = Claims(
        "voice_to_voice", model=model.name, stt=arguments.stt, turns=n_turns, paused=arguments.paused, **facts
    )
    report(claims, turns, is_made=is_made(arguments))
    keep(stage, arguments)
    claims.finish()


def order(settings: dict[str, SessionConfig], *, compare: bool) -> list[tuple[str, SessionConfig]]:
    """Both settings, either first; or the first alone."""
    return random.sample(list(settings.items()), 2) if compare else list(settings.items())[:1]


def report(claims: Claims, turns: dict[str, list[Turn]], *, is_made: bool) -> None:
    """The table."""
    early = turns["early work"]
    answered = [turn for turn in early if turn.first_audio_ms is not None]
    voice_ms = [turn.first_audio_ms or 0.0 for turn in answered]
    claims.ratio("turns answered", len(answered) / len(early), at_least=0.98)
    since_stopped = median([turn.since_stopped_ms or 0.0 for turn in answered])
    if is_made:
        claims.ratio("voice to voice, median", median(voice_ms), "ms", at_most=_MADE_MS)
        claims.value("voice to voice, 95th percentile", p95(voice_ms), "ms")
        claims.value("from speech_stopped, median", since_stopped, "ms")
    else:
        claims.ratio("voice to voice, median", median(voice_ms), "ms", at_most=_BUNDLED_MS)
        claims.ratio("voice to voice, 95th percentile", p95(voice_ms), "ms", at_most=_BUNDLED_P95_MS)
        claims.ratio("from speech_stopped, median", since_stopped, "ms", at_most=60)
    claims.value("end of turn, median", median([turn.turn_end_ms or 0.0 for turn in answered]), "ms")
    claims.ratio("turns cut off early", sum(turn.is_cut for turn in early) / len(early), at_most=0.05)
    narrated = [turn.first_audio_ms or 0.0 for turn in answered if turn.calls]
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
