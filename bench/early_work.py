"""What each part of a session's early work gains: the time to the first audio, with all of it and with one part off.

The parts are those of `EarlyWork`, the reply that is made ahead of the end of a turn, and the language model's
judgement of that end. Each turn is said once to each setting, in random order, at the pace of real time. Every session
has instructions of its own (a number at their end), so that the cache cannot have read them before;
`voice_to_voice.py` compares the words. The median of the turns' differences counts, of those that were understood
alike. Needs `flite`. Eight settings take about a minute a turn.
"""

from __future__ import annotations

import itertools
import random
from dataclasses import replace

from claims import Claims, bench_arguments, median, model_of
from electron_local import Electron
from electron_local.voice import EarlyWork, SessionConfig
from made_speech import spoken_requests
from voice_to_voice import without_early_work
from voice_turns import Stage, Turn, demo_config

ALL = "all early work"


def settings_of(base: SessionConfig) -> dict[str, SessionConfig]:
    """All early work, and with each part of it off."""
    end = replace(base.turn.end_of_turn, soft_end_ms=None)
    return {
        ALL: base,
        "the instructions read at the start": replace(base, early=EarlyWork(read_instructions=False)),
        # a model that judges the end reads the words by that alone
        "the words read while they are spoken": replace(base, early=EarlyWork(read_partials=False)),
        "the frame of a result read ahead": replace(base, early=EarlyWork(read_narration=False)),
        "the first clause spoken at once": replace(base, early=EarlyWork(speak_first_clause=False)),
        "the reply made ahead of the end": replace(base, turn=replace(base.turn, end_of_turn=end)),
        "the model's judgement of the end": replace(base, model_judges_end=False),
        "all of it, but for the judgement": without_early_work(base),
    }


def gains_ms(with_all: list[Turn], without: list[Turn]) -> list[float]:
    """How much sooner the first audio came, turn by turn."""
    pairs = zip(with_all, without, strict=True)
    times = [(a.first_audio_ms, b.first_audio_ms) for a, b in pairs if a.heard == b.heard]
    return [late - soon for soon, late in times if soon is not None and late is not None]


def main() -> None:
    parser = bench_arguments(__doc__)
    parser.add_argument("--turns", type=int, default=10)
    arguments = parser.parse_args()
    n_turns = 1 if arguments.quick else arguments.turns
    model = model_of(arguments)
    settings = settings_of(demo_config(arguments))
    turns: dict[str, list[Turn]] = {name: [] for name in settings}
    numbers = itertools.count(1)
    requests = spoken_requests(n_turns, paused=False, seed=14)
    with Electron(model) as client:
        stage = Stage(client)
        stage.play(requests[0], settings[ALL])
        for request in requests:
            for name, config in random.sample(list(settings.items()), len(settings)):
                own = replace(config, instructions=f"{config.instructions} This is car {next(numbers)}.")
                turns[name].append(stage.play(request, own))
    claims = Claims("early_work", model=model.name, turns=n_turns)
    answered = [turn.first_audio_ms for turn in turns[ALL] if turn.first_audio_ms is not None]
    claims.value("voice to voice with all early work, median", median(answered), "ms")
    for name in list(settings)[1:]:
        gains = gains_ms(turns[ALL], turns[name])
        if gains and name == list(settings)[-1]:
            claims.ratio(f"gain of {name}, median", median(gains), "ms", at_least=200)
        elif gains:
            claims.value(f"gain of {name}, median", median(gains), "ms")
        claims.value("  turns that count", len(gains))
    claims.finish()


if __name__ == "__main__":
    main()
