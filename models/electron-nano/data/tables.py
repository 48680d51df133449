"""Word lists written as tables."""

from __future__ import annotations


def words(table: str) -> list[str]:
    """The entries of a table: separated by `|` and line ends where a `|` occurs, else by white space."""
    return [w for line in table.split("\n") for w in line.split("|")] if "|" in table else table.split()
