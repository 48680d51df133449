"""The ledgers of a session as a picture: one bar a turn, from the end of speech to the first audio (extra `plot`)."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from electron_local.errors import InvalidArgumentError, MissingDependencyError

# name, where the part begins, where it ends, colour
_PARTS = (
    ("end of turn", "speech_end_ms", "turn_end_ms", "#b8c4d6"),
    ("recogniser", "turn_end_ms", "transcript_ms", "#6b8fc9"),
    ("model and voice", "transcript_ms", "first_audio_ms", "#e08e45"),
)
_AHEAD = ("made ahead of the end", "request_ms", "audio_ready_ms", "#4f9d69")
_MOST_TURNS = 60


def draw_timeline(entries: Sequence[dict[str, Any]], path: str | os.PathLike[str]) -> None:
    """Write a PNG of the turns in `entries` (of `ledger_file`) that were heard; at most the last 60.

    Raises:
        InvalidArgumentError: none of them was heard.
        MissingDependencyError: matplotlib is not installed.
    """
    turns = [entry for entry in entries if entry["first_audio_ms"] and entry["speech_end_ms"]][-_MOST_TURNS:]
    if not turns:
        raise InvalidArgumentError("no turn in this ledger was answered with audio")
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingDependencyError("a timeline needs matplotlib: pip install 'electron-local[plot]'") from error
    figure = Figure(figsize=(9, 1.6 + 0.34 * len(turns)), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    for row, turn in enumerate(turns):
        _draw_turn(axes, row, turn)
    axes.set_yticks(range(len(turns)), [str(number + 1) for number in range(len(turns))])
    axes.set_ylim(len(turns) - 0.4, -0.6)
    axes.set_xlabel("milliseconds since the end of speech")
    axes.set_ylabel("response")
    axes.set_xlim(0.0, 1.12 * max(turn["first_audio_ms"] - turn["speech_end_ms"] for turn in turns))
    axes.grid(axis="x", alpha=0.3)
    seen: dict[str, Any] = {}
    for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
        seen.setdefault(label, handle)
    figure.legend(seen.values(), seen.keys(), loc="outside upper center", ncols=4, frameon=False)
    figure.savefig(path, dpi=120, format="png")


def _draw_turn(axes: Any, row: int, turn: dict[str, Any]) -> None:
    zero_ms = turn["speech_end_ms"]
    for label, begin, end, colour in _PARTS:
        _draw_part(axes, row, (turn[begin], turn[end], zero_ms), height=0.5, color=colour, label=label)
    label, begin, end, colour = _AHEAD
    until = turn[end] if turn["made_ahead_ms"] else None
    _draw_part(axes, row + 0.33, (turn[begin], until, zero_ms), height=0.12, color=colour, label=label)
    total_ms = turn["first_audio_ms"] - zero_ms
    axes.annotate(f"{total_ms:.0f} ms", (total_ms, row), xytext=(4, 0), textcoords="offset points", va="center")


def _draw_part(axes: Any, row: float, times: tuple[float | None, float | None, float], **style: Any) -> None:
    begin, end, zero = times
    if begin is not None and end is not None and end > begin:
        axes.barh(row, end - begin, left=begin - zero, **style)
