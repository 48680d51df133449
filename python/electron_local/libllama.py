"""What must be settled before `_core` pulls in libllama: how its threads wait, and where its libraries lie."""

from __future__ import annotations

import os
import platform
from collections.abc import MutableMapping
from importlib.util import find_spec
from pathlib import Path

_LIBRARIES = ("libggml-base.so.0", "libggml-cpu.so.0", "libggml.so.0", "libllama.so.0")

# What decides in GNU's OpenMP runtime how a thread waits at a barrier.
WAITING_VARIABLES = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT")

# Turns of the waiting loop, some 25 microseconds. A turn is a `pause` on x86 and next to nothing elsewhere.
_SPIN_COUNT = 1000 if platform.machine() in ("x86_64", "AMD64") else 20000


def prepare() -> None:
    """Called once, when the package is imported."""
    set_waiting(os.environ)
    if not (Path(__file__).parent.parent / "llama_cpp" / "lib").is_dir():
        _load_from_elsewhere()


def set_waiting(environment: MutableMapping[str, str]) -> None:
    """Let threads spin for microseconds and then sleep, unless the user chose otherwise.

    Between two barriers of a decode step lie microseconds: sleeping at each one takes longer than the step itself.
    Spinning for milliseconds, the runtime's own choice, takes the core from whoever holds the others up, and from the
    recogniser and the synthesiser between two steps. The runtime reads the variables once, when it is loaded.
    """
    if not any(name in environment for name in WAITING_VARIABLES):
        environment["GOMP_SPINCOUNT"] = str(_SPIN_COUNT)


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
