"""Where the grammar library is found."""

from __future__ import annotations

import importlib.util
import sys

import pytest

from electron_local.errors import MissingDependencyError
from electron_local.grammar import LLGUIDANCE_VERSION, find_library


def test_the_library_is_found_without_importing_its_package() -> None:
    sys.modules.pop("llguidance", None)
    assert find_library().is_file()
    assert "llguidance" not in sys.modules


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingDependencyError, match=f"llguidance=={LLGUIDANCE_VERSION}"):
        find_library()
