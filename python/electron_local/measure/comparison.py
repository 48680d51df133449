"""Two reports side by side: the ratio of each measurement, and what else differs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from electron_local.measure.report import Measurement, Report, shown

_NO_CHANGE = 0.05
_SETTLED = ("machine", "model", "settings", "plan")


class Change(NamedTuple):
    """One measurement now and before. `ratio`: now over before, in the median."""

    now: Measurement
    before: Measurement

    @property
    def ratio(self) -> float:
        """Now over before."""
        return self.now.median / self.before.median if self.before.median else float("inf")

    @property
    def verdict(self) -> str:
        """`better` or `worse` where the runs do not overlap and the medians differ by 5 %, else nothing."""
        if abs(self.ratio - 1) < _NO_CHANGE:
            return ""
        if min(self.now.values) > max(self.before.values):
            return "better" if self.now.higher_is_better else "worse"
        if max(self.now.values) < min(self.before.values):
            return "worse" if self.now.higher_is_better else "better"
        return ""


def changes(now: Report, before: Report) -> Iterator[Change]:
    """The measurements that both reports have, in the order of `now`."""
    known = {(each.group, each.at, each.unit): each for each in before.measurements}
    for each in now.measurements:
        earlier = known.get((each.group, each.at, each.unit))
        if earlier is not None:
            yield Change(each, earlier)


def change_rows(now: Report, before: Report) -> list[list[str]]:
    """Name, median before and now, unit, ratio and verdict, under a heading."""
    rows = [["", "before", "now", "unit", "ratio", ""]]
    for each in changes(now, before):
        medians = [shown(each.before.median), shown(each.now.median)]
        rows.append([each.now.name, *medians, each.now.unit, f"{each.ratio:.2f}", each.verdict])
    return rows


def differences(now: Report, before: Report) -> list[str]:
    """What else differs between the two, a line each: a ratio is of the code alone only where there is none."""
    lines = []
    for part in _SETTLED:
        new, old = now.facts.get(part, {}), before.facts.get(part, {})
        for name in dict.fromkeys([*old, *new]):
            a, b = _plain(old.get(name, "absent")), _plain(new.get(name, "absent"))
            if a != b:
                lines.append(f"{part}, {name}: {a} → {b}")
    return lines


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value
