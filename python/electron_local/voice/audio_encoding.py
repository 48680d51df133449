"""Audio as bytes on a wire: PCM16, or G.711 at 8 kHz for telephony."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from electron_local.audio.resampling import Resampler

AudioEncoding = Literal["pcm16", "g711_ulaw", "g711_alaw"]
ENCODINGS: tuple[AudioEncoding, ...] = ("pcm16", "g711_ulaw", "g711_alaw")
HEARD_RATE = 16000
G711_RATE = 8000

Samples = npt.NDArray[np.float32]


def encode_audio(samples: Samples, encoding: AudioEncoding) -> bytes:
    """Float32 samples as PCM16 little-endian, or as G.711 codes, at their own rate.

    >>> encode_audio(np.zeros(2, np.float32), "pcm16"), encode_audio(np.zeros(2, np.float32), "g711_ulaw")
    (b'\\x00\\x00\\x00\\x00', b'\\xff\\xff')
    """
    from electron_local.audio.codec import alaw_encode, float32_to_int16, ulaw_encode

    pcm = float32_to_int16(samples)
    if encoding == "pcm16":
        return pcm.astype("<i2", copy=False).tobytes()
    return (ulaw_encode if encoding == "g711_ulaw" else alaw_encode)(pcm).tobytes()


class AudioDecoder:
    """Bytes of one incoming stream → float32 at 16 kHz. Owned by the stream's reader.

    PCM16 comes at 16 kHz, G.711 at 8 kHz; the resampler keeps its state from frame to frame.

    >>> AudioDecoder("pcm16").decode(b"\\x00\\x40")
    array([0.5], dtype=float32)
    """

    def __init__(self, encoding: AudioEncoding) -> None:
        self.encoding: AudioEncoding = encoding
        self._resampler: Resampler | None = None

    @property
    def bytes_per_sample(self) -> int:
        """2 for PCM16, 1 for G.711."""
        return 2 if self.encoding == "pcm16" else 1

    @property
    def bytes_per_ms(self) -> int:
        """Of the incoming stream."""
        return 32 if self.encoding == "pcm16" else 8

    def decode(self, payload: bytes) -> Samples:
        """The samples that `payload` completes; a whole number of samples, or it raises ValueError."""
        from electron_local.audio.codec import alaw_decode, int16_to_float32, ulaw_decode

        if self.encoding == "pcm16":
            return int16_to_float32(np.frombuffer(payload, "<i2").astype(np.int16, copy=False))
        codes = np.frombuffer(payload, np.uint8)
        pcm = int16_to_float32((ulaw_decode if self.encoding == "g711_ulaw" else alaw_decode)(codes))
        if self._resampler is None:
            from electron_local.audio.resampling import Resampler

            self._resampler = Resampler(G711_RATE, HEARD_RATE)
        return self._resampler.process(pcm)
