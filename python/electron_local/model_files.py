"""Where the bundled models and the list of others lie: in the source tree, or inside the installed package."""

from __future__ import annotations

from pathlib import Path

import electron_local
from electron_local.errors import ModelLoadError

_FILE_NAME = "electron-nano.gguf"


def bundled_model() -> Path:
    """Path of `electron-nano.gguf`. Raises ModelLoadError, naming every place it looked at, when it is absent."""
    found, places = _look_for(_FILE_NAME, in_tree="electron-nano/" + _FILE_NAME)
    if found is None:
        raise ModelLoadError(f"the bundled model {_FILE_NAME} is missing; looked at {places}; pass model=PATH instead")
    return found


def data_file(name: str, *, folder: str = "") -> Path:
    """Path of a file that lies in `folder` of the source tree's `models`. Raises ModelLoadError when it is absent."""
    found, places = _look_for(name, in_tree=f"{folder}/{name}" if folder else name)
    if found is None:
        raise ModelLoadError(f"{name} is missing from this installation; looked at {places}")
    return found


def _look_for(packaged: str, *, in_tree: str) -> tuple[Path | None, str]:
    roots = [Path(root).resolve() for root in electron_local.__path__]
    candidates = [
        root.parents[1] / "models" / in_tree
        for root in roots
        if root.parent.name == "python" and (root.parents[1] / "pyproject.toml").is_file()
    ]
    candidates += [root / "models" / packaged for root in roots]
    found = next((path for path in candidates if path.is_file()), None)
    return found, ", ".join(map(str, candidates))
