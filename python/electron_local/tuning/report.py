"""What `electron-local doctor` says of a model's settings, and what it measures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from electron_local.engine import Engine, EngineOptions
from electron_local.errors import ElectronError
from electron_local.tuning.measure import measure
from electron_local.tuning.record import load_record, save_record, write_atomically
from electron_local.waiting import waiting_content, waiting_path


def tune(model: Path, say: Callable[[str], None]) -> None:
    """Measure the settings of `model` and keep them. Raises ElectronError when that cannot be done."""
    say(f"measuring {model.name}; leave the machine alone for some seconds")
    findings = measure(model, say)
    try:
        path = save_record(model, findings.record)
        if findings.spin_count is not None:
            write_atomically(waiting_path(), waiting_content(findings.spin_count))
    except OSError as error:
        raise ElectronError(f"what was measured cannot be kept: {error}") from error
    say(f"kept in {path}; holds from the next start\n")


def settings_report(model: Path) -> Iterator[tuple[str, str]]:
    """Label and text of each setting that `model` runs under: its value and why."""
    try:
        with Engine(model, options=EngineOptions()) as engine:
            settings, reasons = engine.settings, engine.reasons
    except ElectronError as error:
        yield "settings", str(error)
        return
    yield "settings of", str(model)
    threads = f"{settings.n_threads} for a token, {settings.n_threads_batch} for a prompt"
    if settings.adaptive_threads:
        threads += "; fewer while neighbours keep cores busy"
    yield "  threads", f"{threads} ({reasons['n_threads']})"
    yield "  flash attention", f"{'on' if settings.flash_attention else 'off'} ({reasons['flash_attention']})"
    yield "  keys and values", f"{'q8_0' if settings.quantised_kv else 'f16'} ({reasons['kv_type']})"
    yield "  batch", f"{settings.n_batch} tokens ({reasons['n_batch']})"
    yield "  context", f"{settings.n_ctx} tokens a request, {settings.n_cells} in the live cache"
    yield "  conversations", f"{settings.n_parallel} decode together, {settings.n_cached} more stay in the live cache"
    record = load_record(model)
    if record is None:
        yield "  measured", "not yet: electron-local doctor --tune"
        return
    for name, rate in record.measured.items():
        yield "  measured", f"{name}: {rate:.1f} tokens/s"
