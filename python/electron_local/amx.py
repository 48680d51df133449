"""Whether libllama's AMX kernels run on this machine.

GCC 12 miscompiles them: every decode then dies of an illegal instruction. The kernels are tried in a process of
their own (the program `amx_probe` beside `_core`), once a process, and only where the CPU has AMX at all.
"""

from __future__ import annotations

import functools
import subprocess
import warnings
from dataclasses import dataclass
from pathlib import Path

from electron_local import _core

_ADVICE = (
    "libllama's AMX kernels crash on this machine (GCC 12 miscompiles them), so models run without repacked "
    "weights: answers are right, prompts are read more slowly. For full speed build with `make demo`, or rebuild "
    "llama-cpp-python with CFLAGS and CXXFLAGS set to '-mno-amx-tile -mno-amx-int8 -mno-amx-bf16' and "
    "pip's --no-cache-dir."
)


@dataclass(frozen=True)
class AmxFinding:
    """`cpu`: the processor has AMX. `works`: its kernels ran right, or are not in use. `detail`: one line."""

    cpu: bool
    works: bool
    detail: str


def probe_path() -> Path:
    """The probe program, installed beside `_core`."""
    return Path(_core.__file__).parent / "amx_probe"


@functools.cache
def finding(probe: Path | None = None) -> AmxFinding:
    """Run the probe where it matters. Never raises: a probe that cannot run counts as failed."""
    if "amx_tile" not in _core.cpu_features():
        return AmxFinding(cpu=False, works=True, detail="the processor has no AMX")
    return run_probe(probe or probe_path())


def run_probe(probe: Path) -> AmxFinding:
    """Run `probe` and say what came of it."""
    try:
        result = subprocess.run([probe], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return AmxFinding(cpu=True, works=False, detail=f"the probe did not run: {error}")
    if result.returncode < 0:
        return AmxFinding(cpu=True, works=False, detail=f"the kernels died of signal {-result.returncode}")
    if result.returncode > 0:
        return AmxFinding(cpu=True, works=False, detail=result.stdout.strip() or f"exit {result.returncode}")
    return AmxFinding(cpu=True, works=True, detail=result.stdout.strip())


def extra_bufts_are_safe() -> bool:
    """True unless the probe failed; then a warning says how to get full speed."""
    if finding().works:
        return True
    warnings.warn(_ADVICE, RuntimeWarning, stacklevel=3)
    return False
