"""Audio: frames, G.711, PCM, rate conversion, WAV files and devices."""

from electron_local.audio.codec import (
    alaw_decode,
    alaw_encode,
    float32_to_int16,
    int16_to_float32,
    ulaw_decode,
    ulaw_encode,
)
from electron_local.audio.frame import AudioFrame
from electron_local.audio.resampling import Resampler, resample
from electron_local.audio.wav import read_wav, write_wav

__all__ = [
    "AudioFrame",
    "Resampler",
    "alaw_decode",
    "alaw_encode",
    "float32_to_int16",
    "int16_to_float32",
    "read_wav",
    "resample",
    "ulaw_decode",
    "ulaw_encode",
    "write_wav",
]
