"""ONNX Runtime as a voice agent needs it: one thread and no spinning, unless told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from electron_local.errors import MissingDependencyError, ModelLoadError


def import_onnxruntime(what: str) -> Any:
    """The module. Raises MissingDependencyError that names `what` needs it."""
    try:
        import onnxruntime
    except ImportError as error:
        raise MissingDependencyError(
            f"{what} needs onnxruntime: pip install 'electron-local[neural]' ({error})"
        ) from error
    return onnxruntime


def session_options(onnxruntime: Any, *, n_threads: int = 1) -> Any:
    """Options of a session whose threads wait in the kernel, not in a loop."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = n_threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.inter_op.allow_spinning", "0")
    options.log_severity_level = 3
    return options


def open_session(path: Path, what: str, *, n_threads: int = 1) -> Any:
    """A session on the CPU. Raises ModelLoadError for a file that is missing or no model."""
    onnxruntime = import_onnxruntime(what)
    if not path.is_file():
        raise ModelLoadError(f"{path}: no such file")
    options = session_options(onnxruntime, n_threads=n_threads)
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime has a class for each status, none with a common base
        raise ModelLoadError(f"{path} cannot be run by onnxruntime: {error}") from error
