"""A second look where an answer may go several ways: the model is asked about each of them alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from electron_local import _core


@dataclass(frozen=True)
class Way:
    """`tokens` of the answer, and `question`: the tokens of a prompt about this way alone.

    A way without a question is not asked about: its odds are even. `is_trusted`: where it is the likeliest, there is
    no doubt.
    """

    tokens: Sequence[int]
    question: Sequence[int] = ()
    is_trusted: bool = False


@dataclass(frozen=True)
class Alternatives:
    """Ways in which an answer may go on, from its start (`at_start`), or from the first token that all of them have.

    At a fork where the likeliest way is less likely than `doubt` beside the others, the questions of those that are
    still open are answered first, each by one evaluation of the model. Where the best way's log-odds of the token
    `asked` behind its question (8 at most; with `is_no`, those against it) are above `least`, the answer goes one of
    the ways: `weight` times what the others' fall short of the best is taken off their logits. Ways at the start are
    not asked about where the answer is likelier to begin otherwise.

    The answer's usage does not count these evaluations; `Engine.stats` does.
    """

    ways: Sequence[Way]
    asked: int
    is_no: bool = False
    at_start: bool = False
    doubt: float = 0.98
    least: float = -1e9
    weight: float = 1.0

    def to_core(self) -> _core.AlternativesSpec:
        """The core's form of it."""
        core = _core.AlternativesSpec()
        core.ways = [_core.Way(list(way.tokens), list(way.question), way.is_trusted) for way in self.ways]
        core.asked, core.is_no, core.at_start = self.asked, self.is_no, self.at_start
        core.doubt, core.least, core.weight = self.doubt, self.least, self.weight
        return core
