"""What the benches share: the machine's facts, a table of measured values and of ratios with their aims, JSON."""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from electron_local import _core
from electron_local.engine import Engine
from electron_local.model_files import bundled_model
from electron_local.waiting import waiting_in_words


class Claims:
    """Rows in the order they are added; `finish` prints the table, and everything as JSON on the last line.

    >>> claims = Claims("example", model="made")
    >>> claims.value("one stream", 50.0, "tokens/s")
    >>> claims.ratio("one stream to the peer", 1.25, at_least=1.0)
    >>> claims.holds
    True
    """

    def __init__(self, bench: str, **facts: Any) -> None:
        self._bench = bench
        self._facts = facts
        self._values: dict[str, float] = {}
        self._aims: dict[str, dict[str, Any]] = {}
        self._lines: list[str] = []

    def value(self, name: str, value: float, unit: str = "") -> None:
        """A measured value without an aim."""
        self._values[name] = round(value, 4)
        self._lines.append(f"{name:<58} {value:10.2f} {unit}".rstrip())

    def ratio(
        self, name: str, value: float, unit: str = "", *, at_least: float | None = None, at_most: float | None = None
    ) -> None:
        """A ratio, or a value in `unit`, and its aim: a lower or an upper bound."""
        holds = (at_least is None or value >= at_least) and (at_most is None or value <= at_most)
        bound = f">= {at_least:g}" if at_most is None else f"<= {at_most:g}"
        self._aims[name] = {"value": round(value, 4), "aim": bound, "holds": holds}
        self._lines.append(f"{name:<58} {value:10.3f} {unit} (aim {bound}: {'holds' if holds else 'MISSED'})")

    @property
    def holds(self) -> bool:
        """Whether every aim was reached so far."""
        return all(aim["holds"] for aim in self._aims.values())

    def finish(self) -> None:
        """Print it all."""
        facts = ", ".join(f"{name} {value}" for name, value in self._facts.items() if not isinstance(value, dict))
        print(f"{self._bench}: {facts}", *self._lines, sep="\n")
        found = {"values": self._values, "aims": self._aims}
        print(json.dumps({"bench": self._bench, "machine": machine_facts(), **self._facts, **found}))


def machine_facts() -> dict[str, Any]:
    """What the numbers depend on, and no name of the machine."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return {
        "cpu": names[0] if names else platform.processor() or platform.machine(),
        "cpus": len(os.sched_getaffinity(0)),
        "isa": _core.selected_isa(),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "llama_cpp_python": _core.llama_cpp_python_version,
        "waiting": waiting_in_words(),
    }


def engine_facts(engine: Engine) -> dict[str, Any]:
    """The settings that a model runs under."""
    settings = engine.settings
    return {name: getattr(settings, name) for name in dir(settings) if not name.startswith("_")}


def bench_arguments(description: str | None) -> argparse.ArgumentParser:
    """`--model` and `--quick`; `model_of` reads the first."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--model", default="", help="a GGUF, or NAME[:TYPE] of full_size_models.py; the bundled model when left out"
    )
    parser.add_argument("--quick", action="store_true", help="fewer and smaller runs, to see that it works")
    return parser


def model_of(arguments: argparse.Namespace) -> Path:
    """The file that `--model` names; a made model is made where it is missing."""
    from full_size_models import resolve_model

    return resolve_model(arguments.model) if arguments.model else bundled_model()


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def median_ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """The median of the ratios of runs that followed each other: slow moments of the machine drop out."""
    return statistics.median(a / b for a, b in zip(ours, theirs, strict=True))


def p95(values: Sequence[float]) -> float:
    """The 95th percentile, between the measured values (of at least two)."""
    return statistics.quantiles(values, n=20, method="inclusive")[-1]
