"""A whole run: load the model, measure, and say what the numbers hold for."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from electron_local import _core
from electron_local.engine import Engine, EngineOptions
from electron_local.measure.machine import machine_facts, resident_bytes
from electron_local.measure.prompts import Prompts
from electron_local.measure.report import Measurement, Report
from electron_local.measure.stages import Plan, measure_cancels, measure_depths, measure_sessions

LOAD = "load"
MEMORY_LOADED, MEMORY_USED = "memory with the model loaded", "memory at the end"
_MEBIBYTE = 2**20


def measure(
    path: Path, options: EngineOptions, plan: Plan, tell: Callable[[Measurement], None] = lambda found: None
) -> Report:
    """Measure the model at `path`; `tell` hears of each finding at once.

    Raises ModelLoadError and InvalidArgumentError as `Engine` does.
    """
    found: list[Measurement] = []

    def note(*measurements: Measurement) -> None:
        for each in measurements:
            found.append(each)
            tell(each)

    before = resident_bytes()
    begin = time.perf_counter()
    with Engine(path, options=options) as engine:
        note(Measurement(LOAD, None, "ms", ((time.perf_counter() - begin) * 1e3,)))
        prompts = Prompts(engine)
        engine.prefill(prompts.fresh(min(plan.session_depth, engine.n_ctx - 1)))  # touches every weight once
        note(_memory(MEMORY_LOADED, before))
        for stage in (measure_depths, measure_sessions, measure_cancels):
            for each in stage(engine, prompts, plan):
                note(each)
        note(_memory(MEMORY_USED, before))
        return Report(_facts(engine, path, plan), tuple(found))


def _memory(group: str, before: int) -> Measurement:
    return Measurement(group, None, "MiB", ((resident_bytes() - before) / _MEBIBYTE,))


def _facts(engine: Engine, path: Path, plan: Plan) -> dict[str, dict[str, Any]]:
    info = engine.model
    return {
        "machine": machine_facts(),
        "model": {
            "file": path.name,
            "name": info.name,
            "architecture": info.architecture,
            "description": info.description,
            "parameters": info.n_params,
            "bytes": os.path.getsize(path),
        },
        "settings": _settings(engine.settings),
        "plan": asdict(plan),
    }


def _settings(settings: _core.Settings) -> dict[str, Any]:
    """What the options left open, as the engine settled it."""
    return {name: getattr(settings, name) for name in sorted(dir(settings)) if not name.startswith("_")}
