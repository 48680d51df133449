"""Where the weights of a speech engine lie: a path, or the name of a model that was added to this machine."""

from __future__ import annotations

from pathlib import Path

from electron_local.errors import InvalidArgumentError, ModelLoadError
from electron_local.model_store.store import ModelStore


def find_weights(model: str | Path | None, engine: str) -> Path:
    """The file or folder behind `model`.

    Raises InvalidArgumentError where it is None, ModelLoadError where there is no such file and no such name.
    """
    if model is None:
        raise InvalidArgumentError(
            f"{engine} needs weights: name them as {engine}:PATH, or add them once with "
            f"`electron-local models add PATH` and name them as {engine}:NAME"
        )
    found = ModelStore().find_speech(model)
    if found is not None:
        return found
    raise ModelLoadError(
        f"{engine}: {str(model)!r} is neither a file or folder nor the name of a model on this machine; "
        "`electron-local models list` shows the names"
    )


def one_file(folder: Path, *patterns: str) -> Path:
    """The file in `folder` that fits the first pattern with exactly one; int8 files give way to others.

    Raises ModelLoadError.
    """
    for pattern in patterns:
        found = sorted(folder.glob(pattern))
        whole = [path for path in found if ".int8." not in path.name]
        if len(whole or found) == 1:
            return (whole or found)[0]
        if found:
            names = ", ".join(path.name for path in found)
            raise ModelLoadError(f"{folder} has several files like {pattern}: {names}; leave one there")
    raise ModelLoadError(f"{folder} has no file like {' or '.join(patterns)}")
