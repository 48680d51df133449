"""A report as a picture, by matplotlib (extra `plot`). Import this late."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from electron_local.errors import InvalidArgumentError, MissingDependencyError
from electron_local.measure.report import SESSIONS, Report
from electron_local.measure.stages import COLD, DECODE, PREFILL, WARM

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_BLUE, _ORANGE, _GREY = "#1f6fb4", "#d9731a", "#8a8a8a"
_INCHES = (11.0, 7.5)
_DOTS_PER_INCH = 130


def require_matplotlib() -> None:
    """Raises MissingDependencyError where it is not installed."""
    if find_spec("matplotlib") is None:
        raise MissingDependencyError("drawing needs matplotlib: pip install 'electron-local[plot]'")


def draw(report: Report, path: Path, *, before: Report | None = None) -> None:
    """Write a PNG of `report`: four panels, an earlier report's lines dashed.

    Raises MissingDependencyError without matplotlib, InvalidArgumentError when `path` cannot be written.
    """
    require_matplotlib()
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=_INCHES, dpi=_DOTS_PER_INCH, layout="constrained")
    FigureCanvasAgg(figure)
    panels: Any = figure.subplots(2, 2)
    for drawn, is_before in ((before, True), (report, False)):
        if drawn is None:
            continue
        _lines(panels[0][0], drawn, {COLD: _ORANGE, WARM: _BLUE}, is_before=is_before)
        _lines(panels[0][1], drawn, {PREFILL: _BLUE}, is_before=is_before)
        _lines(panels[1][0], drawn, {DECODE: _BLUE}, is_before=is_before)
        _lines(panels[1][1], drawn, {SESSIONS: _BLUE}, is_before=is_before)
    _frame(panels[0][0], "Time to the first token", "prompt, tokens", "ms", is_log=True)
    _frame(panels[0][1], "Prefill", "prompt, tokens", "tokens/s")
    _frame(panels[1][0], "Decode, one session", "depth, tokens", "tokens/s")
    _frame(panels[1][1], "All sessions together, prompts included", "sessions", "tokens/s")
    figure.suptitle(_title(report), fontsize=11)
    figure.supxlabel(_footer(report), fontsize=8, color=_GREY)
    try:
        figure.savefig(path, format="png")
    except OSError as error:
        raise InvalidArgumentError(f"{path}: {error.strerror}") from error


def _lines(axes: Axes, report: Report, colours: dict[str, str], *, is_before: bool) -> None:
    for group, colour in colours.items():
        points = report.group(group)
        if not points:
            continue
        at = [point.at or 0 for point in points]
        medians = [point.median for point in points]
        label = f"{group}, before" if is_before else group
        style = "--" if is_before else "-"
        axes.plot(
            at, medians, style, color=colour, alpha=0.5 if is_before else 1, marker="o", markersize=4, label=label
        )
        if not is_before:
            lows, highs = [min(point.values) for point in points], [max(point.values) for point in points]
            axes.fill_between(at, lows, highs, color=colour, alpha=0.15, linewidth=0)
        axes.set_xticks(at, [f"{each:,}" for each in at])


def _frame(axes: Axes, title: str, x: str, y: str, *, is_log: bool = False) -> None:
    from matplotlib.ticker import LogFormatter

    axes.set_title(title, fontsize=10, loc="left")
    axes.set_xlabel(x, fontsize=9)
    axes.set_ylabel(y, fontsize=9)
    axes.tick_params(labelsize=8, which="both")
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    if not axes.lines:
        axes.text(0.5, 0.5, "not measured", transform=axes.transAxes, ha="center", color=_GREY)
    elif is_log:
        axes.set_yscale("log")
        for axis_format in (axes.yaxis.set_major_formatter, axes.yaxis.set_minor_formatter):
            axis_format(LogFormatter(labelOnlyBase=False, minor_thresholds=(2, 0.4)))
    else:
        axes.set_ylim(bottom=0)
    if len(axes.lines) > 1:
        axes.legend(fontsize=8, frameon=False)


def _title(report: Report) -> str:
    model, settings = report.facts["model"], report.facts["settings"]
    return f"{model['file']} ({model['description']}), threads: {settings.get('n_threads')}"


def _footer(report: Report) -> str:
    machine = report.facts["machine"]
    return (
        f"{machine['cpu']}, {machine['usable cpus']} usable; {machine['libllama']}; "
        f"electron_local {machine['electron_local']}; medians, the band from least to most"
    )
