"""A second look where an answer may go several ways: the model is asked about each of them alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from electron_local import _core


@dataclass(frozen=True)
class Way:
    """`tokens` of the answer, and `question`: the tokens of a prompt about this way alone.

    `is_trusted`: where it is the likeliest, there is no doubt.
    """

    tokens: Sequence[int]
    question: Sequence[int]
    is_trusted: bool = False


@dataclass(frozen=True)
class Alternatives:
    """Ways in which an answer may go on, all beginning with the same token; the first such place counts.

    At a fork where the likeliest way is less likely than `doubt` beside the others, the questions of those that are
    still open are answered first, each by one evaluation of the model: the log-odds of the token `yes` behind it (8 at
    most), times `weight`, are added to the logit of the way. The answer's usage does not count these evaluations;
    `Engine.stats` does.
    """

    ways: Sequence[Way]
    yes: int
    doubt: float = 0.98
    weight: float = 1.0

    def to_core(self) -> _core.AlternativesSpec:
        """The core's form of it."""
        ways = [_core.Way(list(way.tokens), list(way.question), way.is_trusted) for way in self.ways]
        return _core.AlternativesSpec(ways, self.yes, self.doubt, self.weight)
