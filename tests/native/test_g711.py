"""G.711 against the tables of the recommendation, for every input."""

import os
import subprocess
import sys

import numpy as np
import pytest

from electron_local.audio import alaw_decode, alaw_encode, ulaw_decode, ulaw_encode
from electron_local.errors import InvalidArgumentError

ALL_SAMPLES = np.arange(-32768, 32768, dtype=np.int32).astype(np.int16)
ALL_CODES = np.arange(256, dtype=np.uint8)


def decision_values(first_steps, n_segments):
    """Column 3 of Tables 1 and 2: ends of the quantisation intervals, upwards from 0."""
    values = [0]
    for step in first_steps:
        values.append(values[-1] + step)
    for segment in range(1, n_segments):
        step = first_steps[-1] * 2**segment
        values += [values[-1] + step * (i + 1) for i in range(16)]
    return np.array(values)


# Table 2a, mu-law: 14-bit samples, the first interval half as wide, 8 segments, virtual end 8159.
ULAW_DECISIONS = decision_values([1] + [2] * 15, 8)
# Table 1a, A-law: 13-bit samples, 32 intervals of the first step, 7 segments, virtual end 4096; here in steps of 16.
ALAW_DECISIONS = decision_values([1] * 32, 7)


def ones_complement_magnitude(samples):
    samples = samples.astype(np.int32)
    return np.where(samples < 0, ~samples, samples)


def test_tables_end_where_the_recommendation_says():
    assert ULAW_DECISIONS[[16, 32, 48, 64, 80, 96, 112, 128]].tolist() == [31, 95, 223, 479, 991, 2015, 4063, 8159]
    assert ALAW_DECISIONS[[32, 48, 64, 80, 96, 112, 128]].tolist() == [32, 64, 128, 256, 512, 1024, 2048]


def test_ulaw_encode_every_sample():
    level = np.searchsorted(ULAW_DECISIONS, ones_complement_magnitude(ALL_SAMPLES) >> 2, side="right") - 1
    sign = np.where(ALL_SAMPLES >= 0, 0x80, 0)
    expected = (127 - np.minimum(level, 127)) | sign
    np.testing.assert_array_equal(ulaw_encode(ALL_SAMPLES), expected)


def test_ulaw_decode_every_code():
    level = 127 - (ALL_CODES & 0x7F).astype(np.int32)
    middle = (ULAW_DECISIONS[level] + ULAW_DECISIONS[level + 1]) * 2
    magnitude = np.where(level == 0, 0, middle)
    np.testing.assert_array_equal(ulaw_decode(ALL_CODES), np.where(ALL_CODES & 0x80, magnitude, -magnitude))


def test_alaw_encode_every_sample():
    level = np.searchsorted(ALAW_DECISIONS, ones_complement_magnitude(ALL_SAMPLES) >> 4, side="right") - 1
    expected = (level | np.where(ALL_SAMPLES >= 0, 0x80, 0)) ^ 0x55
    np.testing.assert_array_equal(alaw_encode(ALL_SAMPLES), expected)


def test_alaw_decode_every_code():
    toggled = ALL_CODES ^ 0x55
    level = (toggled & 0x7F).astype(np.int32)
    magnitude = (ALAW_DECISIONS[level] + ALAW_DECISIONS[level + 1]) * 8
    np.testing.assert_array_equal(alaw_decode(ALL_CODES), np.where(toggled & 0x80, magnitude, -magnitude))


@pytest.mark.parametrize(("encode", "decode"), [(ulaw_encode, ulaw_decode), (alaw_encode, alaw_decode)])
def test_codes_survive_a_round_trip(encode, decode):
    codes = encode(decode(ALL_CODES))
    both_zeros_of_ulaw = decode(ALL_CODES) == 0
    np.testing.assert_array_equal(codes[~both_zeros_of_ulaw], ALL_CODES[~both_zeros_of_ulaw])


@pytest.mark.parametrize("encode", [ulaw_encode, alaw_encode])
@pytest.mark.parametrize("n_samples", [0, 1, 2, 15, 16, 17, 99])
def test_any_length_and_bytes_equal_the_array(encode, n_samples):
    samples = ALL_SAMPLES[:: len(ALL_SAMPLES) // 100][:n_samples]
    expected = encode(np.ascontiguousarray(samples))
    assert expected.shape == (n_samples,)
    for same in (samples, samples.tobytes(), bytearray(samples.tobytes()), memoryview(samples.tobytes())):
        np.testing.assert_array_equal(encode(same), expected)


def test_shape_is_kept_and_input_may_be_strided_read_only_or_unaligned():
    grid = ALL_SAMPLES.reshape(256, 256)
    np.testing.assert_array_equal(ulaw_encode(grid.T), ulaw_encode(np.ascontiguousarray(grid.T)))
    frozen = ALL_SAMPLES.copy()
    frozen.flags.writeable = False
    np.testing.assert_array_equal(ulaw_encode(frozen), ulaw_encode(ALL_SAMPLES))
    unaligned = np.frombuffer(b"\0" + ALL_SAMPLES.tobytes(), np.int16, offset=1)
    np.testing.assert_array_equal(ulaw_encode(unaligned), ulaw_encode(ALL_SAMPLES))


@pytest.mark.parametrize("encode", [ulaw_encode, alaw_encode])
@pytest.mark.parametrize(
    "bad", [np.zeros(3, np.float32), np.zeros(3, np.int32), np.zeros(3, ">i2"), [0, 1], "ab", None]
)
def test_encode_refuses_another_dtype(encode, bad):
    with pytest.raises(InvalidArgumentError, match="samples must be an array of int16, got"):
        encode(bad)


@pytest.mark.parametrize("decode", [ulaw_decode, alaw_decode])
@pytest.mark.parametrize("bad", [np.zeros(3, np.int8), np.zeros(3, np.int16), 7])
def test_decode_refuses_another_dtype(decode, bad):
    with pytest.raises(InvalidArgumentError, match="codes must be an array of uint8, got"):
        decode(bad)


def test_encode_refuses_half_a_sample():
    with pytest.raises(InvalidArgumentError, match="whole values of 2 bytes, got 3 bytes"):
        ulaw_encode(b"abc")


DIGEST = """
import hashlib, numpy as np
from electron_local import audio
samples = np.arange(-32768, 32768).astype(np.int16)
codes = np.arange(256, dtype=np.uint8)
floats = np.random.default_rng(0).uniform(-1.5, 1.5, 10_000).astype(np.float32)
floats[:3] = np.nan, np.inf, -np.inf
calls = [(audio.ulaw_encode, samples), (audio.alaw_encode, samples), (audio.ulaw_decode, codes),
         (audio.alaw_decode, codes), (audio.int16_to_float32, samples), (audio.float32_to_int16, floats)]
print([hashlib.sha256(call(values).tobytes()).hexdigest() for call, values in calls])
"""


def test_instruction_sets_agree_to_the_bit():
    digests = set()
    for isa in ("baseline", "avx2", "avx512", "neon"):
        environment = {**os.environ, "ELECTRON_LOCAL_ISA": isa}
        result = subprocess.run(
            [sys.executable, "-c", DIGEST], env=environment, capture_output=True, text=True, check=False
        )
        if "which this processor lacks" not in result.stderr:
            assert result.returncode == 0, result.stderr
            digests.add(result.stdout)
    assert len(digests) == 1
