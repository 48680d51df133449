"""Imports only go down: Python by `ast`, C++ by `#include`."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
PACKAGE = REPOSITORY / "python" / "electron_local"
CSRC = REPOSITORY / "csrc"

# Room -> floor. A room imports rooms of lower floors and itself; rooms of one floor are siblings, except that the
# thin faces of the core (floor 3) may use each other.
FLOORS = {
    "errors": 0,
    "libllama": 2,
    "private_libllama": 1,
    "waiting": 1,
    "cache_folder": 0,
    "processor": 0,
    "_core": 2,
    "alternatives": 3,
    "amx": 3,
    "audio": 3,
    "engine": 3,
    "grammar": 3,
    "generation": 3,
    "loading": 3,
    "model_files": 3,
    "model_store": 3,
    "tuning": 3,
    "vad": 3,
    "chat": 4,
    "speech": 4,
    "audio_api": 5,
    "client": 6,
    "openai": 6,
    "measure": 7,
    "voice": 7,
    "demo": 8,
    "server": 8,
    "cli": 9,
}
RUNTIME_FLOOR = 3

CPP_FLOORS = {"base": 0, "audio": 1, "vad": 1, "llm": 1, "bindings": 2, "amx_probe": 2}
LLAMA_FILES = {
    "attention_plugin",
    "llama_api",
    "decoder",
    "engine",
    "loaded_draft",
    "log_hook",
    "model",
    "model_constraints",
    "model_fingerprint",
}


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_rooms(path: Path) -> set[str]:
    rooms: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names = [f"{node.module}.{alias.name}" for alias in node.names] if node.module else []
        rooms |= {name.split(".")[1] for name in names if name.startswith("electron_local.")}
    return rooms & FLOORS.keys()


PYTHON_FILES = sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")
CPP_FILES = sorted([*CSRC.rglob("*.h"), *CSRC.rglob("*.cpp")])


@pytest.mark.parametrize("path", PYTHON_FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_python_imports_only_go_down(path):
    room = room_of(path)
    assert room in FLOORS, f"{room} has no floor: add it to FLOORS"
    for other in imported_rooms(path) - {room}:
        sideways_in_runtime = FLOORS[room] == FLOORS[other] == RUNTIME_FLOOR
        assert FLOORS[other] < FLOORS[room] or sideways_in_runtime, f"{room} must not import {other}"


def includes(path: Path) -> list[str]:
    return re.findall(r'^#include [<"]([^>"]+)[>"]', path.read_text(), re.MULTILINE)


@pytest.mark.parametrize("path", CPP_FILES, ids=lambda path: str(path.relative_to(CSRC)))
def test_cpp_includes_only_go_down(path):
    room = path.relative_to(CSRC).parts[0]
    for name in includes(path):
        other = name.split("/")[0]
        if "/" in name and other in CPP_FLOORS and other != room:
            assert CPP_FLOORS[other] < CPP_FLOORS[room], f"{room} must not include {name}"


@pytest.mark.parametrize("path", CPP_FILES, ids=lambda path: str(path.relative_to(CSRC)))
def test_libllama_is_included_in_few_places(path):
    room = path.relative_to(CSRC).parts[0]
    for name in includes(path):
        if re.match(r"(llama|ggml|gguf)[\w-]*\.h$", name):
            assert room in {"bindings", "amx_probe"} or path.stem == "llama_api", f"only llama_api.h includes {name}"
        if name.startswith("llm/") and Path(name).stem in LLAMA_FILES and room == "llm":
            assert path.stem in LLAMA_FILES, f"{path.name} plans: it must not reach libllama through {name}"


@pytest.mark.parametrize("path", CPP_FILES, ids=lambda path: str(path.relative_to(CSRC)))
def test_only_bindings_know_python(path):
    if path.relative_to(CSRC).parts[0] != "bindings":
        assert not [name for name in includes(path) if "pybind11" in name or name == "Python.h"]
