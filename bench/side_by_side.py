"""Contestants that take turns in one process, for calls that take microseconds."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from typing import Any

from claims import Claims, median, median_ratio

LEAST_S = 0.02  # one timing repeats its call for at least this long


def race(contestants: Mapping[str, Callable[[], Any]], n_rounds: int = 15) -> dict[str, list[float]]:
    """Seconds a call, once a round; the contestants alternate, so that a slow moment hits them all. On one core."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    repeats = {name: _repeats(call) for name, call in contestants.items()}
    times: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(n_rounds):
        for name, call in contestants.items():
            times[name].append(_seconds(call, repeats[name]) / repeats[name])
    return times


def compare(claims: Claims, name: str, ours: list[float], theirs: list[float], at_least: float | None) -> None:
    """Both times, and theirs over ours: above 1 we are quicker."""
    claims.value(name, median(ours) * 1e6, "us")
    claims.value(f"{name}, peer", median(theirs) * 1e6, "us")
    if at_least is None:
        claims.value(f"{name}, times as quick", median_ratio(theirs, ours))
    else:
        claims.ratio(f"{name}, times as quick", median_ratio(theirs, ours), at_least=at_least)


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
