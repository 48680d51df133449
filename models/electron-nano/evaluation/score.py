"""Right answers by row, against what the row must reach, and the failures by kind."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from data.wording import normal

from .speaker import Answer

Json = dict[str, Any]


def folded(args: Json) -> Json:
    """Arguments without letter case and punctuation."""
    return {k: normal(v) if isinstance(v, str) else v for k, v in args.items()}


@dataclass
class Score:
    """Marks by row, in the order in which they came."""

    rows: dict[str, list[bool]] = field(default_factory=lambda: defaultdict(list))
    goals: dict[str, float] = field(default_factory=dict)
    failures: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def add(self, row: str, right: bool, shown: str = "", *, kind: str = "", goal: float | None = None) -> bool:
        """Count one mark; a failure is listed under `kind`, or under the row."""
        self.rows[row].append(right)
        if goal is not None:
            self.goals[row] = goal
        if not right and shown:
            self.failures[kind or row].append(shown)
        return right

    def add_call(
        self, row: str, said: str, got: Answer, tool: str, args: Json, *, goals: tuple[float, float] | None = None
    ) -> bool:
        """Judge one call: one right tool, then every argument equal (letter case and punctuation aside)."""
        right = [name for name, _ in got.calls] == [tool]
        exact = right and folded(got.calls[0][1]) == folded(args)
        shown = f"{said!r} -> {got}, not {tool} {args}"
        tool_goal, args_goal = goals or (None, None)
        self.add(f"{row}: right tool", right, shown, goal=tool_goal)
        self.add(f"{row}: exact arguments", exact, shown if right else "", goal=args_goal)
        return exact

    def share(self, row: str) -> float:
        """Percent of right marks."""
        return 100 * sum(self.rows[row]) / len(self.rows[row])

    def show_rows(self, since: int = 0) -> int:
        """Print the rows from number `since` on; returns how many there are."""
        for row, marks in list(self.rows.items())[since:]:
            goal = f"  of {self.goals[row]:g}" if row in self.goals else ""
            print(f"{row:56} {self.share(row):6.1f} %{goal:8}  n {len(marks)}", flush=True)
        return len(self.rows)

    def show_failures(self, most: int) -> None:
        """Print up to `most` failures of each kind."""
        for kind, shown in self.failures.items():
            print(f"\n{kind} ({len(shown)})")
            print("\n".join(f"  {line[:240]}" for line in shown[:most]))
