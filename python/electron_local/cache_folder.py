"""Where measurements and other things that can be made again are kept, for this user."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder() -> Path:
    """ELECTRON_LOCAL_CACHE, else `electron_local` in the user's cache directory. It need not exist."""
    if "ELECTRON_LOCAL_CACHE" in os.environ:
        return Path(os.environ["ELECTRON_LOCAL_CACHE"])
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "electron_local"
