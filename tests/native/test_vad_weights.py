"""Files of VAD weights: whole ones load; what is wrong with others is said."""

from __future__ import annotations

import random

import pytest

from electron_local import _core
from electron_local.errors import ModelLoadError
from electron_local.vad import weights_path


@pytest.fixture(scope="module")
def weights():
    return weights_path().read_bytes()


def load(tmp_path, content):
    path = tmp_path / "weights.bin"
    path.write_bytes(content)
    return _core.Silero(str(path))


def test_whole_weights_load(tmp_path, weights):
    load(tmp_path, weights)


@pytest.mark.parametrize("n_bytes", [0, 1, 3, 4, 8, 17, 30, 40, 80, 104, 120, 150, 200, 99287, 99288, 752941, 885097])
def test_truncated_weights_raise(tmp_path, weights, n_bytes):
    with pytest.raises(ModelLoadError, match=r"weights\.bin"):
        load(tmp_path, weights[:n_bytes])


@pytest.mark.parametrize("seed", range(10))
def test_random_bytes_raise(tmp_path, weights, seed):
    noise = random.Random(seed).randbytes(5000)
    for content in (noise, weights[:4] + noise, weights[:104] + noise, weights + noise):
        with pytest.raises(ModelLoadError):
            load(tmp_path, content)


@pytest.mark.parametrize("value", [-1, 0x7FFFFFFF, -0x80000000])
def test_damaged_header_numbers_raise(tmp_path, weights, value):
    for offset in range(0, 128, 4):
        number = (value & 0xFFFFFFFF).to_bytes(4, "little")
        with pytest.raises(ModelLoadError):
            load(tmp_path, weights[:offset] + number + weights[offset + 4 :])


def test_values_that_are_not_finite_raise(tmp_path, weights):
    with pytest.raises(ModelLoadError, match="not finite"):
        load(tmp_path, weights[:166] + b"\x00\x7c" + weights[168:])


def test_another_basis_raises(tmp_path, weights):
    with pytest.raises(ModelLoadError, match="STFT basis"):
        load(tmp_path, weights[:-2] + b"\x00\x3c")


def test_missing_file_and_folder_raise(tmp_path):
    with pytest.raises(ModelLoadError, match="no such file"):
        _core.Silero(str(tmp_path / "missing.bin"))
    with pytest.raises(ModelLoadError, match="not a regular file"):
        _core.Silero(str(tmp_path))
