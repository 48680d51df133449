import numpy as np
import pytest

from electron_local.audio import float32_to_int16, int16_to_float32
from electron_local.errors import InvalidArgumentError

ALL_SAMPLES = np.arange(-32768, 32768, dtype=np.int32).astype(np.int16)


def test_every_int16_survives_the_round_trip():
    floats = int16_to_float32(ALL_SAMPLES)
    assert floats.dtype == np.float32
    np.testing.assert_array_equal(floats, ALL_SAMPLES / np.float32(32768))
    np.testing.assert_array_equal(float32_to_int16(floats), ALL_SAMPLES)


def test_rounds_ties_to_even_and_saturates():
    halves = (np.arange(-70000, 70000) / 2 / 32768).astype(np.float32)
    expected = np.clip(np.rint(halves.astype(np.float64) * 32768), -32768, 32767)
    np.testing.assert_array_equal(float32_to_int16(halves), expected)


def test_rounds_every_kind_of_float():
    bits = np.random.default_rng(1).integers(0, 2**32, 100_000, dtype=np.uint64).astype(np.uint32)
    floats = bits.view(np.float32)
    floats = floats[np.isfinite(floats)]
    expected = np.clip(np.rint(floats.astype(np.float64) * 32768), -32768, 32767)
    np.testing.assert_array_equal(float32_to_int16(floats), expected)


def test_nan_becomes_zero_and_infinity_saturates():
    values = np.array([np.nan, -np.nan, np.inf, -np.inf, 1e-45, -0.0], np.float32)
    assert float32_to_int16(values).tolist() == [0, 0, 32767, -32768, 0, 0]


@pytest.mark.parametrize("n_samples", [0, 1, 3, 8, 31])
def test_any_length_and_shape(n_samples):
    samples = np.linspace(-1, 1, 2 * n_samples, dtype=np.float32).reshape(2, n_samples)
    result = float32_to_int16(samples[:, ::-1])
    assert result.shape == (2, n_samples)
    np.testing.assert_array_equal(result, float32_to_int16(samples)[:, ::-1])


def test_bytes_are_16_bit_samples():
    np.testing.assert_array_equal(int16_to_float32(ALL_SAMPLES.tobytes()), int16_to_float32(ALL_SAMPLES))


@pytest.mark.parametrize("bad", [np.zeros(2), np.zeros(2, np.int16), b"\0\0\0\0", [0.5]])
def test_float32_to_int16_refuses_another_dtype(bad):
    with pytest.raises(InvalidArgumentError, match="samples must be an array of float32, got"):
        float32_to_int16(bad)
