"""`electron-local bench`: how quick a model is on this machine, as a table, JSON and a picture."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from electron_local.cli.output_file import check_writable
from electron_local.engine import EngineOptions
from electron_local.measure.comparison import change_rows, differences
from electron_local.measure.report import Measurement, Report, measurement_rows, read_report, shown, table
from electron_local.measure.run import measure
from electron_local.measure.stages import QUICK, Plan
from electron_local.model_files import bundled_model
from electron_local.model_store.store import ModelStore


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Model, how much to measure, and what to make of it."""
    parser.add_argument("--model", metavar="NAME|GGUF", help="a model file, or a name; the bundled one when left out")
    parser.add_argument("--threads", type=int, metavar="N", help="threads of a decode step; chosen when left out")
    parser.add_argument("--n-ctx", type=int, metavar="TOKENS", help="the context; as the model allows when left out")
    parser.add_argument("--quick", action="store_true", help="fewer depths, sessions and runs")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the findings with the machine's facts")
    parser.add_argument("--png", type=Path, metavar="FILE", help="draw them (extra `plot`)")
    parser.add_argument("--compare", type=Path, metavar="FILE", help="set them beside an earlier run's --json")


def run(arguments: argparse.Namespace) -> int:
    """Measure, print, write. Files are checked before anything is measured."""
    before = None if arguments.compare is None else read_report(arguments.compare)
    for path in (arguments.json, arguments.png):
        if path is not None:
            check_writable(path)
    if arguments.png is not None:
        from electron_local.measure.drawing import require_matplotlib

        require_matplotlib()
    path = bundled_model() if arguments.model is None else ModelStore().find(arguments.model)
    options = EngineOptions(n_ctx=arguments.n_ctx, n_threads=arguments.threads)
    report = measure(path, options, QUICK if arguments.quick else Plan(), _tell)
    print(text_of(report, before))
    if arguments.json is not None:
        arguments.json.write_text(report.to_json() + "\n", encoding="utf-8")
    if arguments.png is not None:
        from electron_local.measure.drawing import draw

        draw(report, arguments.png, before=before)
    return 0


def text_of(report: Report, before: Report | None) -> str:
    """The facts, then the measurements, beside an earlier run's where there is one."""
    lines = [f"{name}: {value}" for part in ("machine", "model") for name, value in report.facts[part].items()]
    lines += ["settings: " + ", ".join(f"{name} {value}" for name, value in report.facts["settings"].items()), ""]
    if before is None:
        return "\n".join([*lines, table(measurement_rows(report))])
    differing = differences(report, before) or ["nothing: machine, model, settings and plan are the same"]
    return "\n".join([*lines, table(change_rows(report, before)), "", "what else differs:", *differing])


def _tell(found: Measurement) -> None:
    print(f"{found.name}: {shown(found.median)} {found.unit}", file=sys.stderr, flush=True)
