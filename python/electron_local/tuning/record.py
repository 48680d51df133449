"""What was measured for one model on this machine, kept in the user's cache folder."""

from __future__ import annotations

import functools
import hashlib
import json
import logging
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from electron_local import _core
from electron_local.cache_folder import cache_folder
from electron_local.processor import cpu_name, n_usable_cpus

_log = logging.getLogger(__name__)
_VERSION = 1
_SAMPLE_BYTES = 2**20  # of a model's beginning: its metadata and the table of its tensors
MAX_BATCH = 8192
MAX_THREADS = 512


@dataclass(frozen=True)
class TuningRecord:
    """The choices that were measured, and the numbers behind them, for people to read.

    >>> TuningRecord(flash_attention=True, n_batch=256, n_threads=2).n_batch
    256
    """

    flash_attention: bool
    n_batch: int
    n_threads: int  # of a decode step, at most
    measured: dict[str, float] = field(default_factory=dict)  # what: tokens per second


@functools.cache
def machine_key() -> str:
    """Changes with the processor, the CPUs that may be used, the build of libllama and who computes attention."""
    attention = f"own attention {_core.has_own_attention()}, {_core.selected_isa()}, {_core.__version__}"
    facts = (cpu_name(), str(n_usable_cpus()), _core.ggml_commit, _core.libllama_info(), attention)
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()[:16]


def record_path(model: Path) -> Path:
    """Where the record of `model` lies. Raises OSError when the model cannot be read."""
    digest = hashlib.sha256(str(model.stat().st_size).encode())
    with model.open("rb") as file:
        digest.update(file.read(_SAMPLE_BYTES))
    return cache_folder() / "tuning" / machine_key() / f"{digest.hexdigest()[:16]}.json"


def load_record(model: Path) -> TuningRecord | None:
    """The record of `model`; None without one, or with one that cannot be used, which the log then says."""
    if not (cache_folder() / "tuning").is_dir():
        return None  # nothing was ever measured: spare the reading of the model
    try:
        path = record_path(model)
        text = path.read_text()
    except FileNotFoundError:
        return None
    except OSError as error:
        _log.warning("no tuning is read: %s", error)
        return None
    try:
        return _parse(json.loads(text))
    except (ValueError, TypeError, KeyError) as error:
        _log.warning("%s is ignored: %s; `electron-local doctor --tune` writes it anew", path, error)
        return None


def save_record(model: Path, record: TuningRecord) -> Path:
    """Write the record and return its path. Raises OSError."""
    path = record_path(model)
    write_atomically(path, {"version": _VERSION, **asdict(record)})
    return path


def write_atomically(path: Path, content: dict[str, Any]) -> None:
    """Readers see the old file or the new one, whole. Raises OSError."""
    import tempfile  # dear, and needed to write alone

    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".writing-")
    try:
        with os.fdopen(handle, "w") as file:
            json.dump(content, file, indent=1)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


def _parse(content: Any) -> TuningRecord:
    if not isinstance(content, dict) or content["version"] != _VERSION:
        raise ValueError(f"not a tuning record of version {_VERSION}")
    flash_attention, n_batch, n_threads = content["flash_attention"], content["n_batch"], content["n_threads"]
    if not isinstance(flash_attention, bool):
        raise TypeError(f"flash_attention is {flash_attention!r}, not true or false")
    for name, value, most in (("n_batch", n_batch, MAX_BATCH), ("n_threads", n_threads, MAX_THREADS)):
        if type(value) is not int or not 1 <= value <= most:
            raise ValueError(f"{name} is {value!r}, not a whole number between 1 and {most}")
    measured = {str(name): float(value) for name, value in dict(content["measured"]).items()}
    return TuningRecord(flash_attention, n_batch, n_threads, measured)
