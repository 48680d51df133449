"""What a run found, as a table and as JSON."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from electron_local.errors import InvalidArgumentError

FORMAT = 1
Facts = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Measurement:
    """The values of one thing measured several times. `at`: the depth in tokens, or the number of sessions.

    >>> Measurement("decode", 512, "tokens/s", (50.0, 49.0, 53.0), higher_is_better=True).median
    50.0
    """

    group: str
    at: int | None
    unit: str
    values: tuple[float, ...]
    higher_is_better: bool = False

    @property
    def median(self) -> float:
        """The middle value."""
        return statistics.median(self.values)

    @property
    def name(self) -> str:
        """The group, and where in it."""
        if self.at is None:
            return self.group
        return f"{self.group}: {self.at}" if self.group == SESSIONS else f"{self.group}, {self.at:,} tokens"


SESSIONS = "sessions together"


@dataclass(frozen=True)
class Report:
    """Measurements with the facts that they hold for: `machine`, `model`, `settings`, `plan`."""

    facts: Facts
    measurements: tuple[Measurement, ...]

    def group(self, name: str) -> list[Measurement]:
        """The measurements of one group, in order of `at`."""
        return sorted((each for each in self.measurements if each.group == name), key=lambda each: each.at or 0)

    def to_json(self) -> str:
        """The report as JSON text, which `read_report` takes."""
        body = {"format": FORMAT, **self.facts, "measurements": [_dumped(each) for each in self.measurements]}
        return json.dumps(body, indent=1, ensure_ascii=False)


def read_report(path: Path) -> Report:
    """Read what `to_json` wrote. Raises InvalidArgumentError for any other file."""
    try:
        body = json.loads(path.read_text(encoding="utf-8"))
        found = body.pop("format")
        measurements = tuple(_loaded(each) for each in body.pop("measurements"))
    except OSError as error:
        raise InvalidArgumentError(f"{path}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InvalidArgumentError(f"{path}: not a report of `electron-local bench --json` ({error!r})") from error
    if found != FORMAT:
        raise InvalidArgumentError(f"{path}: a report of format {found!r}; this version reads format {FORMAT}")
    return Report(body, measurements)


def table(rows: Iterable[Sequence[str]]) -> str:
    """Rows as text, the first column flush left, the others right."""
    cells = [list(row) for row in rows]
    widths = [max(len(row[i]) for row in cells) for i in range(max(map(len, cells)))]
    lines = []
    for row in cells:
        rest = [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=False)]
        lines.append("  ".join([row[0].ljust(widths[0]), *rest]).rstrip())
    return "\n".join(lines)


def measurement_rows(report: Report) -> list[list[str]]:
    """Name, median, unit, least and most of every measurement, under a heading."""
    rows = [["", "median", "unit", "least", "most"]]
    for each in report.measurements:
        rows.append([each.name, shown(each.median), each.unit, shown(min(each.values)), shown(max(each.values))])
    return rows


def shown(value: float) -> str:
    """A number with three or more digits that count."""
    return f"{value:,.0f}" if value >= 1000 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _dumped(each: Measurement) -> dict[str, Any]:
    return {**asdict(each), "values": [round(value, 4) for value in each.values], "median": round(each.median, 4)}


def _loaded(body: dict[str, Any]) -> Measurement:
    values = tuple(float(value) for value in body["values"])
    if not values:
        raise ValueError("a measurement without values")
    at = None if body["at"] is None else int(body["at"])
    return Measurement(str(body["group"]), at, str(body["unit"]), values, bool(body["higher_is_better"]))
