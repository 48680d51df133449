"""Where the bundled model lies: in the source tree of an editable install, or inside the installed package."""

from __future__ import annotations

from pathlib import Path

import electron_local
from electron_local.errors import ModelLoadError

_FILE_NAME = "electron-nano.gguf"


def bundled_model() -> Path:
    """Path of `electron-nano.gguf`. Raises ModelLoadError, naming every place it looked at, when it is absent."""
    candidates = _candidates()
    for path in candidates:
        if path.is_file():
            return path
    places = ", ".join(str(path) for path in candidates)
    raise ModelLoadError(f"the bundled model {_FILE_NAME} is missing; looked at {places}; pass model=PATH instead")


def _candidates() -> list[Path]:
    roots = [Path(root).resolve() for root in electron_local.__path__]
    packaged = [root / "models" / _FILE_NAME for root in roots]
    in_source_tree = [
        root.parents[1] / "models" / "electron-nano" / _FILE_NAME
        for root in roots
        if root.parent.name == "python" and (root.parents[1] / "pyproject.toml").is_file()
    ]
    return in_source_tree + packaged
