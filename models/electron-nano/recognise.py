"""Speak requests with a Flite voice, and write down what the default recogniser makes of their words.

The voice is none of the evaluation's. What is new goes into `data/misheard.txt`, each line a phrase and what was
heard for it; words of arguments are left out. Needs electron_local with its recogniser, and the program `flite`.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import defaultdict
from collections.abc import Callable
from difflib import SequenceMatcher
from pathlib import Path
from random import Random

from data import requests
from data.known_tools import DOMAINS
from data.requests import Request, Style
from data.wording import number_words
from electron_local.speech import create_recognizer
from evaluation.spoken import hear, speak

VOICE = "awb"
MOST_WORDS = 4
NUMBERS = frozenset(word for n in range(1000) for word in number_words(n).split())


def confusions(said: list[str], heard: list[str]) -> list[tuple[str, str]]:
    """Phrases of `said` and what stands in their place in `heard`; a lost or added word goes with its neighbour."""
    found = []
    for kind, a, b, c, d in SequenceMatcher(None, said, heard, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        before = int(kind != "replace" and a > 0 and c > 0)
        phrase, other = said[a - before : b], heard[c - before : d]
        if 0 < len(phrase) <= MOST_WORDS and 0 < len(other) <= MOST_WORDS and not NUMBERS & set(other):
            found.append((" ".join(phrase), " ".join(other)))
    return found


def is_argument(request: Request) -> Callable[[str], bool]:
    """Whether a word belongs to an argument of the request: of a text, its plural too, or a number."""
    values = [value.split() for value in request.args.values() if isinstance(value, str)]
    begins = tuple(word for value in values for word in value)
    return lambda word: word in NUMBERS or (bool(begins) and word.startswith(begins))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("output", type=Path, help="data/misheard.txt")
    parser.add_argument("--each", type=int, default=60, help="requests for each tool")
    args = parser.parse_args()
    recognizer = create_recognizer()
    table: dict[str, set[str]] = defaultdict(set)
    head, *lines = args.output.read_text(encoding="utf-8").splitlines()
    for phrase, *others in (line.split("|") for line in lines):
        table[phrase] |= set(others)
    with tempfile.TemporaryDirectory() as folder:
        for number in range(args.each):
            for tool in DOMAINS:
                request = requests.known(tool, Style(True, 0.0), Random(f"recognised {tool} {number}"))
                heard = hear(recognizer, speak(request.text, VOICE, Path(folder)))
                for phrase, other in confusions(request.text.split(), heard.split()):
                    if not any(map(is_argument(request), phrase.split())):
                        table[phrase].add(other)
    lines = [f"{phrase}|{'|'.join(sorted(others))}" for phrase, others in sorted(table.items())]
    args.output.write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")
    print(f"{args.output}: {len(lines)} phrases")


if __name__ == "__main__":
    main()
