"""Files that a command writes at its end, checked at its beginning."""

from __future__ import annotations

import os
from pathlib import Path

from electron_local.errors import InvalidArgumentError


def check_writable(path: Path) -> None:
    """Raise InvalidArgumentError unless a file can be written at `path`. Nothing is written."""
    if path.is_dir() or not path.parent.is_dir():
        raise InvalidArgumentError(f"{path}: {'a folder' if path.is_dir() else 'its folder does not exist'}")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise InvalidArgumentError(f"{path}: not writable")
