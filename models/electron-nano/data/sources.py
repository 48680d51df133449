"""What the data is made of beside the generator's own words; both are optional, and the recipe works without."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Sources:
    """A folder of public dialogue text, see README.md, and the word table of `words.py`."""

    text: Path | None = None
    words: Path | None = None

    @classmethod
    def add_options(cls, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--text", type=Path, help="folder of public dialogue text, see README.md")
        parser.add_argument("--words", type=Path, help="table of words.py")

    @classmethod
    def given(cls, args: argparse.Namespace) -> Sources:
        return cls(args.text, args.words)
