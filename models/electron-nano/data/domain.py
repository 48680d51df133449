"""What a domain is: how people ask for one tool, what the tool answers, how that is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from .wording import number_words

Json = dict[str, Any]


@dataclass(frozen=True)
class Filled:
    """A grammar's slots as they are spoken and the arguments that they mean."""

    slots: dict[str, str]
    args: Json


@dataclass(frozen=True)
class Domain:
    """One thing that people ask for."""

    tool: str
    grammars: dict[str, list[str]]
    fill: Callable[[str, Random, bool], Filled]
    result: Callable[[Json, Random], Json]
    narrate: Callable[[Json, Random], str]
    incomplete: list[str] = field(default_factory=list)
    ask: str = ""
    answer: str = ""
    renames: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)


POLITE = "[please|could you|can you|would you|i want you to|hey|okay|electron|can you please] "


def spoken_number(n: int, rng: Random) -> str:
    """A number as digits or as words."""
    return number_words(n) if rng.random() < 0.7 else str(n)


def minutes_told(n: int) -> str:
    """A number of minutes as the assistant says it."""
    return f"{n} minute" if n == 1 else f"{n} minutes"
