"""Measure a GGUF on what training never saw, run as users run it. Rows with a number behind have a goal."""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

from data.sources import Sources
from evaluation import copying, generated, known, prompted, spoken, turns, unseen
from evaluation.disjoint import check_disjoint
from evaluation.score import Score
from evaluation.speaker import Speaker
from evaluation.speed import speed

Part = Callable[[Speaker, Score, int], None]


def parts(text: Path | None) -> dict[str, Part]:
    """All parts by name, in the order in which they run; some need public dialogue text."""
    found: list[Part] = [known.demo_sentences, known.known_tools, known.talk, known.stray, known.absent_tools]
    found += [prompted.facts, prompted.filler, prompted.json_answers, prompted.greeting, turns.six_turns]
    found += [generated.generated, copying.repeated_runs, speed]
    if shutil.which("flite"):
        found.append(spoken.spoken)
    else:
        print("spoken: left out, there is no program `flite`")
    named = {part.__name__: part for part in found}
    if text:
        named["unseen_tools"] = partial(unseen.unseen_tools, text=text)
        named["people"] = partial(unseen.people, text=text)
    return named


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("--each", type=int, default=24, help="requests for each tool, where a part has tools")
    parser.add_argument("--part", action="append", help="only this part; may be given more than once")
    Sources.add_options(parser)
    parser.add_argument("--failures", type=int, default=8, help="shown of each kind")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    named = parts(args.text)
    if unknown := set(args.part or ()) - set(named):
        parser.error(f"no part {', '.join(sorted(unknown))}; there are {', '.join(named)}")
    check_disjoint(3000, Sources.given(args))
    speaker, score, n_shown = Speaker(args.model, args.threads), Score(), 0
    for name in args.part or named:
        named[name](speaker, score, args.each)
        n_shown = score.show_rows(n_shown)
    score.show_failures(args.failures)
    speaker.close()


if __name__ == "__main__":
    main()
