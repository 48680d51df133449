"""Bytes of a recording → mono float32 samples at the recogniser's rate."""

from __future__ import annotations

import io
from typing import Any, Literal, cast

import numpy as np
import numpy.typing as npt

from electron_local.audio.codec import alaw_decode, int16_to_float32, ulaw_decode
from electron_local.audio.resampling import resample
from electron_local.errors import BadRequestError, InvalidArgumentError, MissingDependencyError

Float32Array = npt.NDArray[np.float32]
Encoding = Literal["linear16", "mulaw", "alaw"]
ENCODINGS: tuple[Encoding, ...] = ("linear16", "mulaw", "alaw")
MAX_SECONDS = 3600
_MIN_MS = 10
# How the files begin that libsndfile reads: WAV, FLAC, Ogg, MP3, AIFF.
_FILE_STARTS = (b"RIFF", b"RIFX", b"RF64", b"fLaC", b"OggS", b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2", b"FORM")


def looks_like_a_file(data: bytes) -> bool:
    """Whether bytes begin as a file of audio does, rather than with samples."""
    return data.startswith(_FILE_STARTS)


def read_file(data: bytes, sample_rate: int) -> Float32Array:
    """The sound in a WAV, FLAC, Ogg, MP3 or AIFF file, channels averaged, at `sample_rate`.

    Raises BadRequestError (`invalid_audio`), and MissingDependencyError without `soundfile` (extra `voice`).
    """
    if not data:
        raise invalid_audio("the recording is empty")
    soundfile = _import_soundfile()
    try:
        with soundfile.SoundFile(io.BytesIO(data)) as file:
            rate = int(file.samplerate)
            if rate > 0 and file.frames / rate > MAX_SECONDS and file.frames < 2**31 - 1:
                raise _too_long(file.frames / rate)
            samples = file.read(MAX_SECONDS * rate + 1, dtype="float32", always_2d=True)
    except (soundfile.LibsndfileError, RuntimeError) as error:
        reason = getattr(error, "error_string", error)
        raise invalid_audio(f"the recording is no audio file that can be read: {reason}") from error
    return to_rate(samples.mean(axis=1, dtype=np.float32), rate, sample_rate)


def read_samples(data: bytes, encoding: str, from_rate: int, sample_rate: int) -> Float32Array:
    """Raw mono samples of one of ENCODINGS (linear16 is little-endian) at `sample_rate`. Raises BadRequestError."""
    if encoding == "linear16" and len(data) % 2:
        raise invalid_audio(f"the audio has {len(data)} bytes; linear16 has two a sample")
    return to_rate(decode_samples(data, cast(Encoding, encoding)), from_rate, sample_rate)


def decode_samples(data: bytes, encoding: Encoding) -> Float32Array:
    """Samples of whole bytes, float32, at their own rate."""
    if encoding == "mulaw":
        return int16_to_float32(ulaw_decode(data))
    if encoding == "alaw":
        return int16_to_float32(alaw_decode(data))
    return int16_to_float32(np.frombuffer(data, "<i2").astype(np.int16, copy=False))


def to_rate(samples: Float32Array, from_rate: int, sample_rate: int) -> Float32Array:
    """Check a recording's length and samples, and convert its rate. Raises BadRequestError (`invalid_audio`)."""
    if len(samples) * 1000 < _MIN_MS * from_rate:
        raise invalid_audio(f"the recording has {len(samples)} samples; it must last at least {_MIN_MS} ms")
    if len(samples) > MAX_SECONDS * from_rate:
        raise _too_long(len(samples) / from_rate)
    if not np.isfinite(samples).all():
        raise invalid_audio(f"{np.count_nonzero(~np.isfinite(samples))} samples are NaN or infinite")
    if from_rate == sample_rate:
        return np.ascontiguousarray(samples)
    try:
        return resample(np.ascontiguousarray(samples), from_rate, sample_rate, "hq")
    except InvalidArgumentError as error:
        raise invalid_audio(f"{from_rate} Hz cannot be converted to {sample_rate} Hz: {error}") from error


def invalid_audio(message: str) -> BadRequestError:
    """A 400 about the audio."""
    return BadRequestError(message, code="invalid_audio", param="file")


def _too_long(seconds: float) -> BadRequestError:
    return invalid_audio(f"the recording lasts {seconds:.0f} s; at most {MAX_SECONDS} s are taken")


def _import_soundfile() -> Any:
    try:
        import soundfile
    except (ImportError, OSError) as error:
        raise MissingDependencyError(
            f"reading audio files needs soundfile: pip install 'electron-local[voice]' ({error})"
        ) from error
    return soundfile
