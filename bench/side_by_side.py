"""What the audio benches share: contestants that take turns in one process, medians, the machine's facts."""

from __future__ import annotations

import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from electron_local import _core

LEAST_S = 0.02  # one timing repeats its call for at least this long


@dataclass(frozen=True)
class Timing:
    """Seconds a call."""

    median_s: float
    p95_s: float


def race(contestants: Mapping[str, Callable[[], Any]], n_rounds: int = 15) -> dict[str, Timing]:
    """Time each call `n_rounds` times; the contestants alternate, so that a slow moment hits them all."""
    repeats = {name: _repeats(call) for name, call in contestants.items()}
    times: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(n_rounds):
        for name, call in contestants.items():
            times[name].append(_seconds(call, repeats[name]) / repeats[name])
    return {name: Timing(statistics.median(t), statistics.quantiles(t, n=20)[-1]) for name, t in times.items()}


def facts() -> dict[str, Any]:
    """The machine, for the last line of every bench."""
    cpu = [line.split(":")[1].strip() for line in _cpuinfo() if line.startswith("model name")]
    return {
        "machine": platform.platform(),
        "cpu": cpu[0] if cpu else platform.processor(),
        "cpus": len(os.sched_getaffinity(0)),
        "isa": _core.selected_isa(),
    }


def print_json(found: Mapping[str, Any]) -> None:
    """What was found, after the machine's facts, on one line."""
    print(json.dumps({**facts(), **found}))


def _cpuinfo() -> list[str]:
    path = Path("/proc/cpuinfo")
    return path.read_text().splitlines() if path.exists() else []


def _repeats(call: Callable[[], Any]) -> int:
    """How many calls fill LEAST_S; the trials also warm up."""
    n = 1
    while (elapsed_s := _seconds(call, n)) < LEAST_S:
        n = max(2 * n, int(n * LEAST_S / max(elapsed_s, 1e-7)) + 1) if elapsed_s > 1e-4 else 8 * n
    return n


def _seconds(call: Callable[[], Any], n: int) -> float:
    begin = time.perf_counter()
    for _ in range(n):
        call()
    return time.perf_counter() - begin
