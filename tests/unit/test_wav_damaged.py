"""Damaged WAV files by the hundred; tests/fuzz/fuzz_wav.py goes on for minutes."""

import sys
from pathlib import Path

import pytest

pytest.importorskip("soundfile")
sys.path.append(str(Path(__file__).parent.parent / "fuzz"))
from fuzz_wav import fuzz


@pytest.mark.parametrize("seed", [1, 2])
def test_a_damaged_file_is_read_or_refused_in_words(tmp_path, seed):
    n_tried, n_read = fuzz(tmp_path, seed, n_files=300)
    assert n_tried == 300
    assert 0 < n_read < 300
