"""Facts about the machine and the process, as reports and `doctor` show them."""

from __future__ import annotations

import os
import platform
from pathlib import Path

from electron_local import __version__, _core


def cpu_name() -> str:
    """The processor's own name."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def memory_bytes() -> int:
    """Physical memory."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def resident_bytes() -> int:
    """Memory that this process holds now; 0 where the system does not say."""
    try:
        n_pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return 0
    return n_pages * os.sysconf("SC_PAGE_SIZE")


def machine_facts() -> dict[str, str | int | float]:
    """What a number measured here depends on. No names of hosts or users."""
    return {
        "cpu": cpu_name(),
        "usable cpus": len(os.sched_getaffinity(0)),
        "cpu features": " ".join(_core.cpu_features()),
        "memory, GiB": round(memory_bytes() / 2**30, 1),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": platform.python_version(),
        "electron_local": __version__,
        "libllama": f"llama-cpp-python {_core.llama_cpp_python_version}, ggml {_core.ggml_commit}",
        "thread waiting": os.environ.get("OMP_WAIT_POLICY", "not set"),
    }
