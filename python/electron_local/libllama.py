"""What must be settled before `_core` pulls in libllama: how its threads wait, and where its libraries lie."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

from electron_local.waiting import set_waiting

_LIBRARIES = ("libggml-base.so.0", "libggml-cpu.so.0", "libggml.so.0", "libllama.so.0")


def prepare() -> None:
    """Called once, when the package is imported."""
    set_waiting(os.environ)
    if not (Path(__file__).parent.parent / "llama_cpp" / "lib").is_dir():
        _load_from_elsewhere()


def _load_from_elsewhere() -> None:
    """Load libllama where it is not beside this package (editable install, several site directories).

    `_core` names the libraries without a path; the dynamic linker then takes those already loaded.
    """
    spec = find_spec("llama_cpp")
    if spec is None or spec.origin is None:
        return  # importing _core will say what is missing
    import ctypes

    folder = Path(spec.origin).parent / "lib"
    for name in _LIBRARIES:
        if (folder / name).is_file():
            ctypes.CDLL(str(folder / name), mode=ctypes.RTLD_LOCAL)
