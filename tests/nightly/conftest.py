"""The programs in `clients` run in environments of their own, and import what ours lacks.

`ELECTRON_LOCAL_CLIENTS` names a folder that keeps the environments; without it they are made anew.
"""

from __future__ import annotations

import os
import subprocess
import venv
from pathlib import Path

import pytest

collect_ignore = ["clients"]


@pytest.fixture(scope="session")
def environments(tmp_path_factory):
    kept = os.environ.get("ELECTRON_LOCAL_CLIENTS")
    return Path(kept) if kept else tmp_path_factory.mktemp("clients")


@pytest.fixture(scope="session")
def python_with(environments):
    """A function: the interpreter of an environment that has the package of that name from PyPI."""

    def interpreter(package):
        home = environments / package
        python = home / "bin" / "python"
        if not python.exists():
            venv.create(home, with_pip=True)
            subprocess.run([python, "-m", "pip", "install", "-q", package], check=True, timeout=1800)
        return python

    return interpreter
