"""What must be settled before `_core` pulls in libllama: how its threads wait, and where its libraries lie."""

from __future__ import annotations

import os
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from electron_local import private_libllama
from electron_local.waiting import in_company, set_waiting

_LIBRARIES = ("libggml-base.so.0", "libggml-cpu.so.0", "libggml.so.0", "libllama.so.0")


def prepare() -> None:
    """Called once, when the package is imported."""
    set_waiting(os.environ)
    with in_company(os.environ):
        _load_openmp()
    spec = find_spec("llama_cpp")
    if spec is None or spec.origin is None:
        return  # importing _core will say what is missing
    folder = Path(spec.origin).parent / "lib"
    libraries = [folder / name for name in _LIBRARIES if (folder / name).is_file()]
    core = find_spec("electron_local._core")
    if core is not None and core.origin is not None and private_libllama.is_needed(libraries):
        private_libllama.load(libraries, Path(core.origin))
    elif not (Path(__file__).parent.parent / "llama_cpp" / "lib").is_dir():
        _load_from_elsewhere(libraries)


def _load_openmp() -> None:
    """Load GNU's OpenMP, which reads the environment only now; absent where libllama brings one of its own."""
    import ctypes

    with suppress(OSError):
        ctypes.CDLL("libgomp.so.1", mode=ctypes.RTLD_LOCAL)


def _load_from_elsewhere(libraries: list[Path]) -> None:
    """Load libllama where it is not beside this package (editable install, several site directories).

    `_core` names the libraries without a path; the dynamic linker then takes those already loaded.
    """
    import ctypes

    for path in libraries:
        ctypes.CDLL(str(path), mode=ctypes.RTLD_LOCAL)
