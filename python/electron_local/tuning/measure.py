"""Finds the settings that make a model quickest on this machine, in 10 to 30 seconds, in processes of their own.

The waiting of OpenMP's threads is read when its library is loaded and the attention path is fixed when a context is
made: neither can be tried in a process that is at work. Run it on an otherwise idle machine.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from electron_local import _core
from electron_local.errors import ElectronError
from electron_local.tuning.record import TuningRecord
from electron_local.waiting import DEFAULT_SPIN_COUNT, waiting_reason, with_spin_count

SPIN_COUNTS = tuple(DEFAULT_SPIN_COUNT * factor // 10 for factor in (1, 3, 10, 30))
BATCHES = (128, 256, 512)
_SHALLOW = 64
_WAITING_DEPTH = 512  # threads wait longer for each other where there is more to attend to
_DEEPEST = 2048
_WAITING_S, _READING_S = 0.4, 1.2  # that one prompt of a trial may take
_N_STEPS = 40
_TIMEOUT_S = 300.0
_N_ATTEMPTS = 3
_MOST_NEIGHBOURS = 0.3  # CPUs
_HARDLY_WORSE = 0.93  # of the best speed: then waiting, which holds for all models of the machine, stays the default
_AS_GOOD = 0.97  # of the best speed: then the cheaper choice is taken
# How much sooner a turn must be with libllama's flash attention: several sessions at once, which no trial has, write
# up to a quarter slower with it (`bench/sessions.py`).
_CLEARLY_SOONER = 0.9

# A turn of a conversation, by which reading and writing are weighed against each other.
_TURN_READS = 200
_TURN_WRITES = 60

Report = Callable[[str], None]
Runner = Callable[[Path, list[dict[str, Any]], dict[str, str]], list[dict[str, float]]]


@dataclass(frozen=True)
class Findings:
    """`spin_count`: of this machine, for all models; None where the user's environment decides."""

    record: TuningRecord
    spin_count: int | None


def measure(model: Path, report: Report = lambda line: None, run: Runner | None = None) -> Findings:
    """Measure everything. Raises ElectronError when the model cannot be run or the machine stays busy."""
    run = _calm(run or run_trials)
    measured: dict[str, float] = {}
    n_cores = _core.n_physical_cores()
    spin_count, n_threads, environment, prefill_s = _threads_and_waiting(model, n_cores, run, measured)
    depth = max(256, _read_within(_READING_S, prefill_s, _DEEPEST))
    ways: dict[str, dict[str, Any]] = {
        "flash attention off": {"flash_attention": False},
        "flash attention on": {"flash_attention": True},
        "flash attention on, q8_0 keys and values": {"flash_attention": True, "kv_type": "q8_0"},
    }
    order = [*ways, *reversed(ways)]  # there and back: the machine may change meanwhile
    trials = [
        {"n_prompt": depth, "n_more": _N_STEPS, "options": {"n_threads": n_threads, **ways[way]}} for way in order
    ]
    results = run(model, trials, environment)
    turns = {}
    for name in ways:
        both = [found for way, found in zip(order, results, strict=True) if way == name]
        reads, writes = (min(found[kind] for found in both) for kind in ("prefill", "decode"))
        measured[f"writes {depth} deep, {name}"] = 1 / writes
        measured[f"reads {depth} tokens, {name}"] = 1 / reads
        turns[name] = _TURN_READS * reads + _TURN_WRITES * writes
    at_most = 1.0 if _core.has_own_attention() else _CLEARLY_SOONER
    flash_attention = turns["flash attention on"] < at_most * turns["flash attention off"]
    n_batch = _batch(model, depth, {"flash_attention": flash_attention}, environment, run, measured)
    for name, rate in measured.items():
        report(f"{name:<64} {rate:9.1f} tokens/s")
    return Findings(TuningRecord(flash_attention, n_batch, n_threads, measured), spin_count)


def _calm(run: Runner) -> Runner:
    """`run`, again while neighbours disturb it: what is kept for good must not depend on the moment."""

    def run_calmly(model: Path, trials: list[dict[str, Any]], environment: dict[str, str]) -> list[dict[str, float]]:
        for _ in range(_N_ATTEMPTS):
            found = run(model, trials, environment)
            neighbours = max(trial.get("neighbours", 0.0) for trial in found)
            if neighbours <= _MOST_NEIGHBOURS:
                return found
        raise ElectronError(
            f"other processes keep {neighbours:.1f} of the CPUs busy: nothing can be measured; try again when "
            f"they keep at most {_MOST_NEIGHBOURS} busy"
        )

    return run_calmly


def _threads_and_waiting(
    model: Path, n_cores: int, run: Runner, measured: dict[str, float]
) -> tuple[int | None, int, dict[str, str], float]:
    """The spin count, threads of a decode step, the environment for both, and seconds a token of reading."""
    is_users = waiting_reason(os.environ) == "yours"
    counts: list[int | None] = [None] if is_users or n_cores == 1 else list(SPIN_COUNTS)
    several: dict[int | None, float] = {}
    (first,) = run(model, [{"n_prompt": _SHALLOW, "n_more": 0, "options": {"n_threads": n_cores}}], _environment(None))
    prefill_s = first["prefill"]
    depth = max(_SHALLOW, _read_within(_WAITING_S, prefill_s, _WAITING_DEPTH))
    one = 0.0
    for i, count in enumerate([*counts, *reversed(counts)]):  # there and back
        threads = [n_cores] if i else sorted({1, n_cores})
        trials = [{"n_prompt": depth, "n_more": _N_STEPS, "options": {"n_threads": n}} for n in threads]
        found = run(model, trials, _environment(count))
        several[count] = max(several.get(count, 0.0), 1 / found[-1]["decode"])
        prefill_s = found[-1]["prefill"]
        waiting = "the environment's waiting" if count is None else f"spin count {count}"
        measured[f"writes {depth} deep, {n_cores} threads, {waiting}"] = several[count]
        if not i:
            one = 1 / found[0]["decode"]
            measured[f"writes {depth} deep, 1 thread"] = one
    best = max(several.values())
    chosen = max(several, key=lambda count: several[count])
    if several.get(DEFAULT_SPIN_COUNT, 0.0) >= _HARDLY_WORSE * best:
        chosen = DEFAULT_SPIN_COUNT
    n_threads = n_cores if best * _AS_GOOD > one else 1
    return chosen, n_threads, _environment(chosen), prefill_s


def _read_within(seconds: float, prefill_s: float, n_most: int) -> int:
    """Tokens, a multiple of 64, that are read in so much time."""
    return min(n_most, int(seconds / prefill_s) // 64 * 64)


def _batch(
    model: Path,
    depth: int,
    options: dict[str, Any],
    environment: dict[str, str],
    run: Runner,
    measured: dict[str, float],
) -> int:
    """The smallest batch that reads as quickly as the best: a cancelled prompt stops between batches."""
    trials = [{"n_prompt": min(depth, 512) + 8, "n_more": 0, "options": {"n_batch": n, **options}} for n in BATCHES]
    rates = [1 / found["prefill"] for found in run(model, trials, environment)]
    for n, rate in zip(BATCHES, rates, strict=True):
        measured[f"reads in batches of {n}"] = rate
    return next(n for n, rate in zip(BATCHES, rates, strict=True) if rate >= _AS_GOOD * max(rates))


def run_trials(model: Path, trials: list[dict[str, Any]], environment: dict[str, str]) -> list[dict[str, float]]:
    """Run them in one child process with `environment`. Raises ElectronError."""
    command = [sys.executable, "-m", "electron_local.tuning.trial", json.dumps({"model": str(model), "trials": trials})]
    try:
        result = subprocess.run(
            command, capture_output=True, text=True, env=environment, timeout=_TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ElectronError(f"a trial of {model} did not end: {error}") from error
    if result.returncode != 0:
        lines = result.stderr.strip().splitlines() or [f"exit {result.returncode}"]
        raise ElectronError(f"a trial of {model} failed: {lines[-1]}")
    return [json.loads(line) for line in result.stdout.splitlines()]


def _environment(spin_count: int | None) -> dict[str, str]:
    return dict(os.environ) if spin_count is None else with_spin_count(os.environ, spin_count)
