"""Facts about the machine and the process, as reports and `doctor` show them."""

from __future__ import annotations

import os
import platform
from pathlib import Path

from electron_local import __version__, _core
from electron_local.processor import cpu_name, n_usable_cpus
from electron_local.waiting import waiting_in_words


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
        "usable cpus": n_usable_cpus(),
        "cpu features": " ".join(_core.cpu_features()),
        "memory, GiB": round(memory_bytes() / 2**30, 1),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": platform.python_version(),
        "electron_local": __version__,
        "libllama": f"llama-cpp-python {_core.llama_cpp_python_version}, ggml {_core.ggml_commit}",
        "thread waiting": waiting_in_words(),
    }
