"""Samples to bytes in the formats of PROTOCOL §3, as they are made."""

from __future__ import annotations

import struct
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from electron_local.audio.codec import alaw_encode, float32_to_int16, ulaw_encode
from electron_local.audio_api.speech_request import AudioFormat
from electron_local.errors import MissingDependencyError

Float32Array = npt.NDArray[np.float32]
CONTENT_TYPES: dict[AudioFormat, str] = {
    "pcm": "audio/pcm",
    "mp3": "audio/mpeg",
    "wav": "audio/wav",
    "ulaw": "audio/basic",
    "alaw": "audio/x-alaw-basic",
}
_MP3_KBPS = 64  # mono speech
_MP3_QUALITY = 5  # of lame: 2 is best, 7 fastest
_WAV_HEADER_BYTES = 44


class Encoder(Protocol):
    """One stream. One thread."""

    def encode(self, samples: Float32Array) -> bytes:
        """The bytes of mono float32 samples; any number, none too."""

    def finish(self) -> bytes:
        """What is left."""


class Pcm:
    """Little-endian 16-bit samples; for `wav`, whose header `wav_header` makes, as well."""

    def encode(self, samples: Float32Array) -> bytes:
        """Two bytes a sample."""
        return float32_to_int16(samples).astype("<i2", copy=False).tobytes()

    def finish(self) -> bytes:
        """Nothing."""
        return b""


class G711:
    """Mu-law or A-law, one byte a sample."""

    def __init__(self, *, is_alaw: bool) -> None:
        self._compand = alaw_encode if is_alaw else ulaw_encode

    def encode(self, samples: Float32Array) -> bytes:
        """One byte a sample."""
        return self._compand(float32_to_int16(samples)).tobytes()

    def finish(self) -> bytes:
        """Nothing."""
        return b""


class Mp3:
    """LAME at a constant 64 kbit/s. Raises MissingDependencyError without the extra `mp3`."""

    def __init__(self, sample_rate: int) -> None:
        try:
            import lameenc
        except ImportError as error:
            raise MissingDependencyError("MP3 needs lameenc: pip install 'electron-local[mp3]'") from error
        self._encoder: Any = lameenc.Encoder()
        self._encoder.silence()
        self._encoder.set_bit_rate(_MP3_KBPS)
        self._encoder.set_in_sample_rate(sample_rate)
        self._encoder.set_out_sample_rate(sample_rate)
        self._encoder.set_channels(1)
        self._encoder.set_quality(_MP3_QUALITY)
        self._has_begun = False

    def encode(self, samples: Float32Array) -> bytes:
        """Whole frames; LAME holds back some."""
        if not len(samples):
            return b""
        self._has_begun = True
        return bytes(self._encoder.encode(float32_to_int16(samples).tobytes()))

    def finish(self) -> bytes:
        """The last frames."""
        return bytes(self._encoder.flush()) if self._has_begun else b""


def open_encoder(audio_format: AudioFormat, sample_rate: int) -> Encoder:
    """An encoder for one stream.

    >>> open_encoder("alaw", 8000).encode(np.zeros(3, np.float32)).hex()
    'd5d5d5'
    """
    if audio_format == "mp3":
        return Mp3(sample_rate)
    if audio_format in ("ulaw", "alaw"):
        return G711(is_alaw=audio_format == "alaw")
    return Pcm()


def wav_header(n_bytes: int, sample_rate: int) -> bytes:
    """The 44 bytes before `n_bytes` of 16-bit mono samples. Source: RIFF WAVE, PCM format chunk."""
    riff = struct.pack("<4sI4s", b"RIFF", _WAV_HEADER_BYTES - 8 + n_bytes, b"WAVE")
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, sample_rate, 2 * sample_rate, 2, 16)
    return riff + form + struct.pack("<4sI", b"data", n_bytes)
