"""How many spoken requests end as they should, and how soon: recogniser, turn, open language model, no grammar of ours.

Requests in the demo's domain, in wordings that the bundled model was not trained on, are said by two of Flite's voices
in turn, streamed in pieces of 20 ms. They are about people, places and things that it knows; `--new-names` takes others
for half of them, many of them invented. Right is the one call that was meant, with all its arguments. Beside it: the
tool alone, the call where the words were understood exactly, the words. `--recordings FOLDER` (with an index.json)
takes real clips of speech instead: none of them is for a tool, so right is a spoken answer without a call.
`--first-words` has the recogniser's first text stay, where the language model would choose among several;
`--request-weight 0` takes pocketsphinx's model of spoken requests away (models/spoken-requests: made of none of these).
Real time, about five seconds a request; `--virtual` leaves the latencies out, and takes as long as the machine
computes. Needs `flite`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from claims import Claims, median, model_of, p95
from electron_local import Electron
from electron_local.audio.wav import read_wav
from electron_local.speech.phrase_model import words_of_phrase
from electron_local.voice import SessionConfig
from intelligibility import word_errors
from made_speech import RATE, SpokenRequest, framed, spoken_requests, trimmed
from voice_turns import Stage, Turn, demo_config, turn_of, voice_arguments, with_quiet

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from evaluation.spoken import vocabulary
from virtual_time import VirtualRuntime

_PIECE = RATE // 50
_MOST_QUIET_MS = 30_000
_LEAST_RIGHT = 0.8


def recorded_requests(folder: Path) -> list[SpokenRequest]:
    """The English clips of the folder's index whose words are known."""
    index = json.loads((folder / "index.json").read_text(encoding="utf-8"))
    clips = [clip for clip in index if clip["text"] and clip["language"] == "en"]
    return [
        framed(clip["text"], clip["category"], trimmed(read_wav(folder / clip["file"], sample_rate=RATE).samples))
        for clip in clips
    ]


def is_right(turn: Turn, request: SpokenRequest) -> bool:
    """Whether it ended in the call that was meant, or in an answer where none was."""
    if request.tool is None:
        return not turn.calls and bool(turn.audio_ms)
    return [(name, spelled(args)) for name, args in turn.calls] == [(request.tool, spelled(request.args))]


def spelled(args: dict[str, object]) -> dict[str, object]:
    """Arguments without the difference of capitals and articles."""
    return {name: " ".join(words_of_phrase(a)) if isinstance(a, str) else a for name, a in args.items()}


def play_virtual(stage: Stage, request: SpokenRequest, config: SessionConfig) -> Turn:
    """One request in virtual time, in which computing takes none."""
    runtime = VirtualRuntime()
    session = stage.session(config, request.voice, runtime)
    samples, n_quiet_ms = with_quiet(request), 0
    for start in range(0, len(samples), _PIECE):
        session.push(samples[start : start + _PIECE])
        runtime.sleep(20)
    while n_quiet_ms < _MOST_QUIET_MS and not session.is_idle:
        session.push(np.zeros(_PIECE, np.float32))
        runtime.sleep(20)
        n_quiet_ms += 20
    session.close()
    return turn_of(list(session.events()), request.end_ms)


def main() -> None:
    parser = voice_arguments(__doc__)
    parser.add_argument("--requests", type=int, default=100)
    parser.add_argument(
        "--voices", nargs="+", default=["slt", "rms"], help="of Flite (default: slt and rms, both US English)"
    )
    parser.add_argument("--new-names", action="store_true", help="half of the requests name what was not trained on")
    parser.add_argument("--recordings", type=Path, metavar="FOLDER", help="real clips instead of made speech")
    parser.add_argument("--virtual", action="store_true", help="in virtual time, without latencies")
    parser.add_argument("--request-weight", type=float, help="what pocketsphinx expects of requests (0: nothing)")
    parser.add_argument("--first-words", action="store_true", help="the model does not choose among what was heard")
    parser.add_argument("--show", action="store_true", help="print what became of each request")
    arguments = parser.parse_args()
    if arguments.recordings is not None:
        requests = recorded_requests(arguments.recordings)
    else:
        said = {"voices": arguments.voices, "has_new_names": arguments.new_names}
        requests = spoken_requests(arguments.requests, paused=False, seed=16, **said)
    if arguments.quick:
        requests = requests[:: max(1, len(requests) // 4)][:4]
    model, config = model_of(arguments), demo_config(arguments)
    if arguments.first_words:
        config = replace(config, model_chooses_words=False)
    turns = []
    with Electron(model) as client:
        weight = arguments.request_weight
        stage = Stage(client, arguments.stt, **({} if weight is None else {"request_weight": weight}))
        play: Callable[..., Turn] = play_virtual if arguments.virtual else lambda stage, *rest: stage.play(*rest)
        for request in requests:
            turns.append(play(stage, request, config))
            if arguments.show:
                mark = "right" if is_right(turns[-1], request) else "WRONG"
                print(f"{mark}: {request.text!r} heard {turns[-1].heard!r} → {turns[-1].calls} {turns[-1].said!r}")
    claims = Claims(
        "pass_rate",
        stt=arguments.stt,
        new_names=arguments.new_names,
        model=model.name,
        requests=len(requests),
        recorded=arguments.recordings is not None,
        first_words=arguments.first_words,
        request_weight=arguments.request_weight,
    )
    report(claims, requests, turns)
    entries = [entry for entry in stage.entries if entry["turn_end_ms"] is not None]
    if entries and not arguments.first_words:
        claims.value("have words chosen anew", sum(entry["choice_changed"] for entry in entries) / len(entries))
    if not arguments.virtual:
        report_latency(claims, turns)
        choice_ms = [entry["choice_ms"] for entry in entries if entry["choice_ms"]]
        if len(choice_ms) >= 2:
            claims.value("choosing words, median", median(choice_ms), "ms")
            claims.value("choosing words, 95th percentile", p95(choice_ms), "ms")
    claims.finish()


def _mean(marks: list[bool]) -> float:
    return sum(marks) / len(marks) if marks else 0.0


def report(claims: Claims, requests: list[SpokenRequest], turns: list[Turn]) -> None:
    """What was right, of all and of each voice."""
    pairs = list(zip(requests, turns, strict=True))
    rights = [is_right(turn, request) for request, turn in pairs]
    share = sum(rights) / len(rights)
    if any(request.tool for request in requests):
        claims.ratio("end in the right call", share, at_least=_LEAST_RIGHT)
        tools = [[name for name, _ in turn.calls] == [request.tool] for request, turn in pairs]
        claims.value("call the right tool", sum(tools) / len(tools))
    else:
        claims.value("end in an answer without a call", share)
        claims.value("call a tool", sum(bool(turn.calls) for turn in turns) / len(turns))
    claims.value("are answered aloud", sum(bool(turn.audio_ms) for turn in turns) / len(turns))
    said = [words_of_phrase(request.text) for request in requests]
    heard = [words_of_phrase(turn.heard) for turn in turns]
    exact = [right for right, a, b in zip(rights, said, heard, strict=True) if a == b]
    claims.value("are understood word for word", len(exact) / len(turns))
    if exact:
        claims.value("end right, of those", sum(exact) / len(exact))
    known = vocabulary()
    hearable = [right for right, words in zip(rights, said, strict=True) if known.issuperset(words)]
    claims.value(f"end right, of the {len(hearable)} whose words the recogniser's dictionary has", _mean(hearable))
    errors = sum(word_errors(a, b) for a, b in zip(said, heard, strict=True))
    claims.value("word errors", 100 * errors / sum(map(len, said)), "%")
    for voice in sorted({request.voice for request in requests}):
        of_voice = [right for right, request in zip(rights, requests, strict=True) if request.voice == voice]
        claims.value(f"end right, {voice} ({len(of_voice)})", sum(of_voice) / len(of_voice))


def report_latency(claims: Claims, turns: list[Turn]) -> None:
    """Voice to voice, of those that were answered."""
    voice_ms = [turn.first_audio_ms for turn in turns if turn.first_audio_ms is not None]
    if len(voice_ms) >= 2:
        claims.value("voice to voice, median", median(voice_ms), "ms")
        claims.value("voice to voice, 95th percentile", p95(voice_ms), "ms")


if __name__ == "__main__":
    main()
