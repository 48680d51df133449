import os
import subprocess
import sys
from pathlib import Path

import pytest

from electron_local import _core

QUESTION = "from electron_local import _core; print(_core.selected_isa())"


def selected_isa(forced):
    environment = {**os.environ, "ELECTRON_LOCAL_ISA": forced}
    return subprocess.run(
        [sys.executable, "-c", QUESTION], env=environment, capture_output=True, text=True, check=False
    )


def test_features_are_names_without_repetition():
    features = _core.cpu_features()
    assert len(set(features)) == len(features)
    assert all(name == name.lower() for name in features)


def test_features_are_what_linux_reports():
    if not Path("/proc/cpuinfo").exists():
        pytest.skip("no /proc/cpuinfo")
    text = Path("/proc/cpuinfo").read_text()
    flags = set(next((line for line in text.splitlines() if line.startswith("flags")), "").split())
    if not flags:
        pytest.skip("/proc/cpuinfo has no flags line")
    for name in _core.cpu_features():
        assert name.replace("sse4.2", "sse4_2") in flags


def test_isa_can_be_forced():
    assert selected_isa("baseline").stdout.strip() == "baseline"


def test_unknown_isa_is_refused():
    result = selected_isa("sse9")
    assert result.returncode != 0
    assert "ELECTRON_LOCAL_ISA must be baseline, avx2, avx512 or neon, got sse9" in result.stderr
