"""WAV files.

16-bit PCM goes through the standard library; everything else that is WAV (8-, 24- and 32-bit, float, mu-law, A-law)
through `soundfile`, of the extra `voice`.

>>> import tempfile
>>> path = Path(tempfile.mkdtemp()) / "tone.wav"
>>> write_wav(path, AudioFrame(np.zeros(480, np.float32), 48000))
>>> read_wav(path, sample_rate=16000).samples.shape
(160,)
"""

from __future__ import annotations

import re
import wave
from os import PathLike
from pathlib import Path
from types import ModuleType
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from electron_local.audio.codec import float32_to_int16, int16_to_float32
from electron_local.audio.frame import AudioFrame
from electron_local.audio.resampling import resample
from electron_local.errors import AudioFormatError, InvalidArgumentError, MissingDependencyError

Float32Array: TypeAlias = npt.NDArray[np.float32]

_HEADER_BYTES = 44
_PCM16_BYTES = 2


def read_wav(path: str | PathLike[str], sample_rate: int | None = None) -> AudioFrame:
    """Read a WAV file as mono float32.

    Several channels are averaged. Integers are scaled to [-1, 1); float files keep their values.

    Args:
        path: the file.
        sample_rate: convert to this rate (preset `hq`); None keeps the file's own.

    Raises:
        AudioFormatError: empty, not a WAV file, truncated, not finite, or a rate that cannot be converted.
        MissingDependencyError: the format needs `soundfile` and it is absent.
        OSError: the file cannot be opened.
    """
    path = Path(path)
    _check_header(path)
    samples, file_rate = _read_pcm16(path) or _read_other(path)
    if file_rate < 1:
        raise AudioFormatError(f"{path}: the header gives a sample rate of {file_rate} Hz; it must be at least 1")
    mono = np.ascontiguousarray(samples.mean(axis=1, dtype=np.float32))
    if sample_rate is not None and sample_rate != file_rate:
        try:
            mono = resample(mono, file_rate, sample_rate, "hq")
        except InvalidArgumentError as error:
            raise AudioFormatError(f"{path}: cannot convert {file_rate} Hz to {sample_rate} Hz: {error}") from error
        file_rate = sample_rate
    return AudioFrame(mono, file_rate)


def write_wav(path: str | PathLike[str], frame: AudioFrame) -> None:
    """Write a frame as 16-bit PCM; float32 is rounded as `float32_to_int16` does."""
    samples = frame.samples if frame.samples.dtype == np.int16 else float32_to_int16(frame.samples)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(_PCM16_BYTES)
        file.setframerate(frame.sample_rate)
        file.writeframes(samples.astype("<i2", copy=False).tobytes())


def _check_header(path: Path) -> None:
    with path.open("rb") as file:
        header = file.read(12)
    size = path.stat().st_size
    if size < _HEADER_BYTES:
        raise AudioFormatError(f"{path}: {size} bytes; a WAV file has at least {_HEADER_BYTES}")
    if header[:4] not in (b"RIFF", b"RIFX", b"RF64") or header[8:] != b"WAVE":
        raise AudioFormatError(f"{path}: not a WAV file: it starts with {header!r}, not with RIFF ... WAVE")


def _read_pcm16(path: Path) -> tuple[Float32Array, int] | None:
    """Samples as (frames, channels) and their rate, or None when the file is something else."""
    try:
        with wave.open(str(path), "rb") as file:
            n_channels, width, rate, n_frames, *_ = file.getparams()
            if width != _PCM16_BYTES:
                return None
            pcm = file.readframes(n_frames)
    except (wave.Error, EOFError, RuntimeError):  # RuntimeError: a chunk whose size lies beyond the file's
        return None
    frame_bytes = n_channels * width
    if len(pcm) < n_frames * frame_bytes:
        raise _truncated(path, n_frames, len(pcm) // frame_bytes)
    return int16_to_float32(np.frombuffer(pcm, "<i2").astype(np.int16, copy=False)).reshape(-1, n_channels), rate


def _read_other(path: Path) -> tuple[Float32Array, int]:
    soundfile = _import_soundfile(path)
    try:
        with soundfile.SoundFile(path) as file:
            samples, rate, log = file.read(dtype="float32", always_2d=True), file.samplerate, file.extra_info
    except soundfile.LibsndfileError as error:
        raise AudioFormatError(f"{path}: damaged, or a kind of WAV that cannot be read: {error}") from error
    # libsndfile reads what is there and notes in its log that the data chunk promised more.
    if re.search(r"^data : \d+ \(should be", log, re.MULTILINE):
        raise AudioFormatError(f"{path}: truncated: only {len(samples)} frames of the data chunk are there")
    if not np.isfinite(samples).all():
        raise AudioFormatError(f"{path}: {np.count_nonzero(~np.isfinite(samples))} samples are NaN or infinite")
    return samples, rate


def _truncated(path: Path, n_promised: int, n_found: int) -> AudioFormatError:
    return AudioFormatError(f"{path}: truncated: the header promises {n_promised} frames, {n_found} are there")


def _import_soundfile(path: Path) -> ModuleType:
    try:
        import soundfile
    except (ImportError, OSError) as error:
        raise MissingDependencyError(
            f"{path}: a WAV file that is not 16-bit PCM needs soundfile: pip install 'electron-local[voice]' ({error})"
        ) from error
    return soundfile  # type: ignore[no-any-return]
