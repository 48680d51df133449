"""Speak requests with Flite voices, and write down what a recogniser makes of them.

The voices are none of the evaluation's. What is new goes into `misheard.txt`, each line a phrase and what was heard for
it, words of arguments left out; and into `heard.txt`, whole requests whose arguments can still be read. Needs
electron_local with its recogniser, and the program `flite`.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections import defaultdict
from collections.abc import Callable
from difflib import SequenceMatcher
from pathlib import Path
from random import Random
from typing import Any

from data import requests
from data.known_tools import DOMAINS
from data.requests import Request, Style
from data.wording import as_heard, number_words
from electron_local.speech import create_recognizer
from evaluation.spoken import hear, speak

VOICES = ("awb", "awb", "kal16")
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


# Words that sound like a number, and are read as one where a number is needed.
SOUND_ALIKE = {
    "two": ("to", "too"),
    "four": ("for",),
    "one": ("won", "a", "an"),
    "eight": ("ate",),
    "ten": ("tan", "then"),
}
MOST_LOST = 0.5


def _holds_number(heard: str, number: int) -> bool:
    *first, last = number_words(number).split()
    return any(f" {' '.join([*first, word])} " in f" {heard} " for word in (last, *SOUND_ALIKE.get(last, ())))


def can_be_read(request: Request, heard: str) -> bool:
    """Whether what was heard holds all arguments and half of the words of the request."""
    matching = SequenceMatcher(None, request.text.split(), heard.split(), autojunk=False).get_matching_blocks()
    if sum(block.size for block in matching) < MOST_LOST * len(request.text.split()):
        return False
    return all(_holds(heard, name, value) for name, value in request.args.items())


def _holds(heard: str, name: str, value: Any) -> bool:
    if isinstance(value, int):
        return _holds_number(heard, value)
    return name == "action" or value.lower() in heard


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="data/")
    parser.add_argument("--each", type=int, default=60, help="requests for each tool")
    parser.add_argument("--first", type=int, default=0, help="number of the first request: others give other requests")
    parser.add_argument("--stt", help="the recogniser (default: pocketsphinx)")
    args = parser.parse_args()
    recognizer = create_recognizer(args.stt)
    phrases, whole = args.folder / "misheard.txt", args.folder / "heard.txt"
    table: dict[str, set[str]] = defaultdict(set)
    head, *lines = phrases.read_text(encoding="utf-8").splitlines()
    for phrase, *others in (line.split("|") for line in lines):
        table[phrase] |= set(others)
    requests_heard = set(whole.read_text(encoding="utf-8").splitlines())
    with tempfile.TemporaryDirectory() as folder:
        for number in range(args.first, args.first + args.each):
            for tool in DOMAINS:
                request = requests.known(tool, Style(True, 0.0), Random(f"recognised {tool} {number}"))
                path = speak(request.text, VOICES[number % len(VOICES)], Path(folder))
                heard = as_heard(hear(recognizer, path).text)
                for phrase, other in confusions(request.text.split(), heard.split()):
                    if not any(map(is_argument(request), phrase.split())):
                        table[phrase].add(other)
                if heard != request.text and can_be_read(request, heard):
                    requests_heard.add(f"{tool}|{json.dumps(request.args)}|{heard}")
    lines = [f"{phrase}|{'|'.join(sorted(others))}" for phrase, others in sorted(table.items())]
    phrases.write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")
    whole.write_text("\n".join(sorted(requests_heard)) + "\n", encoding="utf-8")
    print(f"{phrases}: {len(lines)} phrases; {whole}: {len(requests_heard)} requests")


if __name__ == "__main__":
    main()
