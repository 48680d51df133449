"""Bytes of a recording → mono float32 samples at the recogniser's rate."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from typing import Any, Literal, cast

import numpy as np
import numpy.typing as npt

from electron_local.audio.codec import alaw_decode, int16_to_float32, ulaw_decode
from electron_local.audio.resampling import Resampler
from electron_local.errors import BadRequestError, InvalidArgumentError, MissingDependencyError

Float32Array = npt.NDArray[np.float32]
Encoding = Literal["linear16", "mulaw", "alaw"]
ENCODINGS: tuple[Encoding, ...] = ("linear16", "mulaw", "alaw")
MAX_SECONDS = 3600
MAX_AMPLITUDE = 4.0  # full scale is 1: no file of samples scaled to 32768, which some programs write
_MIN_MS = 10
_BLOCK_SAMPLES = 2**18  # of all channels
# How the files begin that libsndfile reads: WAV, FLAC, Ogg, MP3 with a tag, AIFF.
_FILE_STARTS = (b"RIFF", b"RIFX", b"RF64", b"fLaC", b"OggS", b"ID3", b"FORM")
_MP3_FRAMES = (b"\xff\xfb", b"\xff\xf3", b"\xff\xf2")


class UnreadableFileError(BadRequestError):
    """400: bytes that are no file of audio, or a damaged one."""


def looks_like_a_file(data: bytes) -> bool:
    """Whether bytes begin as a file of audio does, rather than with samples."""
    return data.startswith(_FILE_STARTS)


def may_be_mp3(data: bytes) -> bool:
    """Whether bytes begin as an MP3 without a tag does. One recording of samples in thousands does so too."""
    return data.startswith(_MP3_FRAMES)


def read_file(data: bytes, sample_rate: int) -> Float32Array:
    """The sound in a WAV, FLAC, Ogg, MP3 or AIFF file, channels averaged, at `sample_rate`.

    Raises BadRequestError (`invalid_audio`; UnreadableFileError where nothing can be read), and
    MissingDependencyError without `soundfile` (extra `voice`).
    """
    if not data:
        raise invalid_audio("the recording is empty")
    soundfile = _import_soundfile()
    try:
        with _sequential(soundfile)(io.BytesIO(data)) as file:
            rate = int(file.samplerate)
            if rate > 0 and file.frames / rate > MAX_SECONDS and file.frames < 2**31 - 1:
                raise _too_long(file.frames / rate)
            return to_rate(_blocks(file), rate, sample_rate)
    except (soundfile.LibsndfileError, RuntimeError) as error:
        reason = getattr(error, "error_string", error)
        told = f"the recording is no audio file that can be read: {reason}"
        raise UnreadableFileError(told, code="invalid_audio", param="file") from error


def read_samples(data: bytes, encoding: str, from_rate: int, sample_rate: int) -> Float32Array:
    """Raw mono samples of one of ENCODINGS (linear16 is little-endian) at `sample_rate`. Raises BadRequestError."""
    if encoding == "linear16" and len(data) % 2:
        raise invalid_audio(f"the audio has {len(data)} bytes; linear16 has two a sample")
    return to_rate([decode_samples(data, cast(Encoding, encoding))], from_rate, sample_rate)


def decode_samples(data: bytes, encoding: Encoding) -> Float32Array:
    """Samples of whole bytes, float32, at their own rate."""
    if encoding == "mulaw":
        return int16_to_float32(ulaw_decode(data))
    if encoding == "alaw":
        return int16_to_float32(alaw_decode(data))
    return int16_to_float32(np.frombuffer(data, "<i2").astype(np.int16, copy=False))


def to_rate(blocks: Iterable[Float32Array], from_rate: int, sample_rate: int) -> Float32Array:
    """Check a recording's length and samples, and convert its rate. Raises BadRequestError (`invalid_audio`).

    Of a recording that goes on for ever no more is read than may be taken.
    """
    resampler = _open_resampler(from_rate, sample_rate)
    n_taken, parts = 0, [np.zeros(0, np.float32)]
    for block in blocks:
        n_taken += len(block)
        if n_taken > MAX_SECONDS * from_rate:
            raise _too_long(n_taken / from_rate)
        if not np.isfinite(block).all():
            raise invalid_audio("the recording has samples that are NaN or infinite")
        if np.abs(block).max(initial=0.0) > MAX_AMPLITUDE:
            told = f"the recording has samples of up to {np.abs(block).max():.4g}, where full scale is 1; at most"
            raise invalid_audio(f"{told} {MAX_AMPLITUDE:g} is taken")
        parts.append(block if resampler is None else resampler.process(np.ascontiguousarray(block)))
    if n_taken * 1000 < _MIN_MS * from_rate:
        raise invalid_audio(f"the recording has {n_taken} samples; it must last at least {_MIN_MS} ms")
    if resampler is None:
        return np.concatenate(parts)
    return np.concatenate([*parts, resampler.flush()])[resampler.delay :]


def _open_resampler(from_rate: int, sample_rate: int) -> Resampler | None:
    if from_rate == sample_rate:
        return None
    try:
        return Resampler(from_rate, sample_rate, "hq")
    except InvalidArgumentError as error:
        raise invalid_audio(f"{from_rate} Hz cannot be converted to {sample_rate} Hz: {error}") from error


def _blocks(file: Any) -> Iterator[Float32Array]:
    n_frames = max(1, _BLOCK_SAMPLES // file.channels)
    while len(block := file.read(n_frames, dtype="float32", always_2d=True)):
        yield block.mean(axis=1, dtype=np.float32)


def _sequential(soundfile: Any) -> Any:
    """Files that are read from front to back, whatever length their header tells: soundfile seeks to it else."""

    class SequentialFile(soundfile.SoundFile):  # type: ignore[misc]
        def seekable(self) -> bool:
            return False

    return SequentialFile


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
