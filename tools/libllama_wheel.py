#!/usr/bin/env python3
"""Build the pinned llama-cpp-python wheel once for this machine and print the folder that holds it.

pip's own wheel cache does not know compiler flags, and GCC 12 miscompiles AMX tile code, so the wheel is
built here with the right flags into a folder of its own, keyed by version, compiler, flags and CPU. Give the
printed folder to `pip install --find-links`. Standard library only: it runs before anything is installed.
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WITHOUT_COMMON = ROOT / "cmake" / "without_llama_common.cmake"
AMX_OFF = ("-mno-amx-tile", "-mno-amx-int8", "-mno-amx-bf16")
LAST_GCC_MISCOMPILING_AMX = 12


def pinned_version() -> str:
    """The exact llama-cpp-python version that pyproject.toml requires."""
    match = re.search(r"llama-cpp-python==([\w.]+)", (ROOT / "pyproject.toml").read_text())
    if match is None:
        raise SystemExit("pyproject.toml pins no llama-cpp-python version")
    return match.group(1)


def cpu_flags() -> str:
    """The instruction sets of this CPU, sorted, or its architecture where /proc/cpuinfo names none."""
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return platform.machine()
    match = re.search(r"^(?:flags|Features)\s*:\s*(.*)$", text, re.MULTILINE)
    return " ".join(sorted(match.group(1).split())) if match else platform.machine()


def compiler() -> tuple[str, int]:
    """The C++ compiler's version line, and its GCC major version (0 for any other compiler)."""
    command = os.environ.get("CXX", "c++").split()
    try:
        line = subprocess.run([*command, "--version"], capture_output=True, text=True, check=True).stdout.splitlines()[
            0
        ]
    except (OSError, subprocess.CalledProcessError, IndexError):
        raise SystemExit(f"no working C++ compiler: {command[0]!r} (Debian: apt-get install g++)") from None
    if "clang" in line:
        return line, 0
    match = re.search(r"(\d+)\.\d+\.\d+", line)
    return line, int(match.group(1)) if match else 0


def cmake_args(flags: str, gcc_major: int) -> str:
    """CMake arguments for the wheel: no vision library, and no AMX where the compiler breaks it."""
    args = ["-DLLAVA_BUILD=OFF"]
    if "amx_tile" in flags.split() and 0 < gcc_major <= LAST_GCC_MISCOMPILING_AMX:
        joined = " ".join(AMX_OFF)
        args += [f"-DCMAKE_C_FLAGS='{joined}'", f"-DCMAKE_CXX_FLAGS='{joined}'"]
    return " ".join(args)


def cache_root() -> Path:
    """ELECTRON_LOCAL_CACHE, else the user's cache directory."""
    if "ELECTRON_LOCAL_CACHE" in os.environ:
        return Path(os.environ["ELECTRON_LOCAL_CACHE"])
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "electron_local"


def is_needed(name: str) -> bool:
    """Whether electron_local uses this file: the wheel holds every library up to six times."""
    if name.startswith(("lib/", "lib64/")):
        return ".so" not in name
    return re.search(r"\.so\.\d+\.\d+", name) is None


def slim(wheel: Path) -> None:
    """Rewrite `wheel` without the copies: `llama_cpp/lib` keeps each library as .so and .so.N."""
    smaller = wheel.with_suffix(".slim")
    with zipfile.ZipFile(wheel) as old, zipfile.ZipFile(smaller, "w", zipfile.ZIP_DEFLATED) as new:
        for item in old.infolist():
            content = old.read(item)
            if item.filename.endswith(".dist-info/RECORD"):
                lines = content.decode().splitlines(keepends=True)
                content = "".join(line for line in lines if is_needed(line.split(",", 1)[0])).encode()
            if is_needed(item.filename):
                new.writestr(item, content)
    smaller.replace(wheel)


def build(folder: Path, version: str, args: str) -> None:
    """Build the wheel beside `folder`, then move it in: an interrupted build leaves nothing behind."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".building-"))
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-cache-dir", "--wheel-dir", str(scratch)]
    command += ["--no-binary", "llama-cpp-python", f"llama-cpp-python=={version}"]
    args += f" -DCMAKE_PROJECT_llama.cpp_INCLUDE='{WITHOUT_COMMON}'"
    print(f"building llama-cpp-python {version} once for this machine (about 5 minutes on 2 cores)", file=sys.stderr)
    try:
        subprocess.run(command, check=True, stdout=sys.stderr, env={**os.environ, "CMAKE_ARGS": args})
        slim(next(scratch.glob("llama_cpp_python-*.whl")))
        shutil.rmtree(folder, ignore_errors=True)
        scratch.rename(folder)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def main() -> None:
    version, flags, (compiler_line, gcc_major) = pinned_version(), cpu_flags(), compiler()
    args = os.environ.get("ELECTRON_LOCAL_LLAMA_CMAKE_ARGS") or cmake_args(flags, gcc_major)
    told = "\n".join(("slim, without common", version, compiler_line, args, flags))
    key = hashlib.sha256(told.encode()).hexdigest()[:12]
    folder = cache_root() / "wheels" / f"llama-cpp-python-{version}-{key}"
    if not list(folder.glob("llama_cpp_python-*.whl")):
        build(folder, version, args)
    print(folder)


if __name__ == "__main__":
    main()
