import struct
import sys
import wave

import numpy as np
import pytest

from electron_local.audio import AudioFrame, alaw_encode, read_wav, ulaw_encode, write_wav
from electron_local.errors import AudioFormatError, MissingDependencyError

RATE = 16000
SAMPLES = (0.5 * np.sin(np.arange(1600) / 20)).astype(np.float32)


def wav_bytes(data, *, tag=1, n_channels=1, bits=16, rate=RATE):
    block = n_channels * bits // 8
    header = struct.pack("<HHIIHH", tag, n_channels, rate, rate * block, block, bits)
    body = b"WAVE" + b"fmt " + struct.pack("<I", 16) + header + b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body


@pytest.fixture
def path(tmp_path):
    return tmp_path / "clip.wav"


def test_int16_round_trip_is_exact(path):
    samples = np.arange(-32768, 32768, 7, dtype=np.int32).astype(np.int16)
    write_wav(path, AudioFrame(samples, 48000))
    frame = read_wav(path)
    assert frame.sample_rate == 48000
    assert frame.samples.dtype == np.float32
    np.testing.assert_array_equal(frame.samples * 32768, samples)


def test_float32_is_rounded_and_saturated(path):
    write_wav(path, AudioFrame(np.array([0.5, 2.0, -2.0], np.float32), RATE))
    assert (read_wav(path).samples * 32768).tolist() == [16384, 32767, -32768]


def test_reads_16_bit_without_soundfile(path, monkeypatch):
    monkeypatch.setitem(sys.modules, "soundfile", None)
    write_wav(path, AudioFrame(SAMPLES, RATE))
    assert len(read_wav(str(path)).samples) == len(SAMPLES)


def test_stereo_is_averaged(path):
    path.write_bytes(wav_bytes(np.array([[100, 300], [-32768, 32767]], "<i2").tobytes(), n_channels=2))
    assert (read_wav(path).samples * 32768).tolist() == [200, -0.5]


def test_no_samples_is_an_empty_frame(path):
    path.write_bytes(wav_bytes(b""))
    assert read_wav(path).samples.shape == (0,)
    assert read_wav(path, sample_rate=48000).samples.shape == (0,)


@pytest.mark.parametrize("file_rate", [8000, 11025, 44100, 48000, 47999])
def test_any_rate_is_kept_or_converted(path, file_rate):
    seconds = np.arange(file_rate // 10) / file_rate
    write_wav(path, AudioFrame((0.5 * np.sin(2 * np.pi * 440 * seconds)).astype(np.float32), file_rate))
    assert read_wav(path).sample_rate == file_rate
    frame = read_wav(path, sample_rate=RATE)
    assert frame.sample_rate == RATE
    expected = 0.5 * np.sin(2 * np.pi * 440 * np.arange(len(frame.samples)) / RATE)
    inner = slice(400, -400)
    np.testing.assert_allclose(frame.samples[inner], expected[inner], atol=1e-4)


int32 = np.rint(SAMPLES.astype(np.float64) * 2**31).astype(np.int32)
int16 = (int32 >> 16).astype(np.int16)
FORMATS = {
    "8-bit": (wav_bytes(((int16 >> 8) + 128).astype(np.uint8).tobytes(), bits=8), 1 / 128),
    "24-bit": (wav_bytes(int32.astype("<i4").view(np.uint8).reshape(-1, 4)[:, 1:].tobytes(), bits=24), 2**-22),
    "32-bit": (wav_bytes(int32.astype("<i4").tobytes(), bits=32), 2**-23),
    "float": (wav_bytes(SAMPLES.astype("<f4").tobytes(), tag=3, bits=32), 0),
    "double": (wav_bytes(SAMPLES.astype("<f8").tobytes(), tag=3, bits=64), 0),
    "mu-law": (wav_bytes(ulaw_encode(int16).tobytes(), tag=7, bits=8), 0.02),
    "A-law": (wav_bytes(alaw_encode(int16).tobytes(), tag=6, bits=8), 0.02),
}


@pytest.mark.parametrize(("content", "tolerance"), FORMATS.values(), ids=FORMATS.keys())
def test_every_sample_format_is_decoded(path, content, tolerance):
    pytest.importorskip("soundfile")
    path.write_bytes(content)
    np.testing.assert_allclose(read_wav(path).samples, SAMPLES, rtol=0, atol=tolerance)


@pytest.mark.parametrize("content", [content for content, _ in FORMATS.values()], ids=FORMATS.keys())
def test_truncated_file(path, content):
    pytest.importorskip("soundfile")
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(AudioFormatError, match=r"clip\.wav: truncated"):
        read_wav(path)


@pytest.mark.parametrize("n_bytes", [1, 2, 201, 2000])
def test_truncated_16_bit_file_says_how_much_is_there(path, n_bytes):
    path.write_bytes(wav_bytes(int16.tobytes())[:-n_bytes])
    n_found = (3200 - n_bytes) // 2
    with pytest.raises(AudioFormatError, match=f"the header promises 1600 frames, {n_found} are there"):
        read_wav(path)


@pytest.mark.parametrize("n_bytes", [0, 1, 12, 43])
def test_shorter_than_a_header(path, n_bytes):
    path.write_bytes(wav_bytes(b"\0\0")[:n_bytes])
    with pytest.raises(AudioFormatError, match=rf"clip\.wav: {n_bytes} bytes; a WAV file has at least 44"):
        read_wav(path)


@pytest.mark.parametrize("content", [b"\0" * 100, b"ID3\x03" + b"\xff" * 100, b"RIFF\x60\0\0\0AVI " + b"\0" * 88])
def test_not_a_wav_file(path, content):
    path.write_bytes(content)
    with pytest.raises(AudioFormatError, match=r"clip\.wav: not a WAV file"):
        read_wav(path)


@pytest.mark.parametrize("tag", [0x55, 0xBEEF])
def test_codec_that_nobody_reads(path, tag):
    pytest.importorskip("soundfile")
    path.write_bytes(wav_bytes(b"\0" * 64, tag=tag))
    with pytest.raises(AudioFormatError, match=r"clip\.wav: "):
        read_wav(path)


def test_wav_without_data_chunk(path):
    pytest.importorskip("soundfile")
    path.write_bytes(wav_bytes(b"").replace(b"data", b"LIST") + b"\0" * 16)
    with pytest.raises(AudioFormatError, match=r"clip\.wav: "):
        read_wav(path)


def test_rate_of_zero(path):
    path.write_bytes(wav_bytes(b"\0\0", rate=0))
    with pytest.raises(AudioFormatError, match="sample rate of 0 Hz"):
        read_wav(path)


def test_rate_that_cannot_be_converted(path):
    write_wav(path, AudioFrame(SAMPLES, 2000))
    assert read_wav(path).sample_rate == 2000
    with pytest.raises(AudioFormatError, match=r"cannot convert 2000 Hz to 16000 Hz: from_rate must lie between 4000"):
        read_wav(path, sample_rate=16000)


def test_samples_that_are_not_finite(path):
    pytest.importorskip("soundfile")
    path.write_bytes(wav_bytes(np.array([0, np.nan, np.inf], "<f4").tobytes(), tag=3, bits=32))
    with pytest.raises(AudioFormatError, match="2 samples are NaN or infinite"):
        read_wav(path)


def test_other_formats_name_the_extra_when_soundfile_is_missing(path, monkeypatch):
    monkeypatch.setitem(sys.modules, "soundfile", None)
    path.write_bytes(FORMATS["mu-law"][0])
    with pytest.raises(MissingDependencyError, match=r"needs soundfile: pip install 'electron-local\[voice\]'"):
        read_wav(path)


def test_missing_file_and_directory(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_wav(tmp_path / "absent.wav")
    with pytest.raises(IsADirectoryError):
        read_wav(tmp_path)


def test_what_is_written_is_plain_16_bit_mono(path):
    write_wav(path, AudioFrame(SAMPLES, RATE))
    with wave.open(str(path)) as file:
        assert file.getparams()[:4] == (1, 2, RATE, len(SAMPLES))
