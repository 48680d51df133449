"""Word lists written as tables, and texts written a line each."""

from __future__ import annotations

from functools import cache
from pathlib import Path


def words(table: str) -> list[str]:
    """The entries of a table: separated by `|` and line ends where a `|` occurs, else by white space."""
    return [w for line in table.split("\n") for w in line.split("|")] if "|" in table else table.split()


@cache
def written_lines(name: str) -> list[str]:
    """The lines of a file of this folder, comments aside."""
    lines = Path(__file__).with_name(name).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.strip() and not line.startswith("#")]
