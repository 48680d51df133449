"""What callers give as a recording → the bytes of a file of audio."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np

from electron_local.audio.codec import float32_to_int16
from electron_local.audio.frame import AudioFrame
from electron_local.audio_api.encoding import wav_header
from electron_local.errors import InvalidArgumentError


def recording_bytes(file: Any) -> bytes:
    """The bytes behind a path, an open file, bytes, a (name, content) tuple as the SDK takes, or an AudioFrame.

    Raises InvalidArgumentError for anything else, and OSError.

    >>> len(recording_bytes(AudioFrame(np.zeros(160, np.int16), 16000)))
    364
    """
    if isinstance(file, bytes):
        return file
    if isinstance(file, bytearray | memoryview):
        return bytes(file)
    if isinstance(file, AudioFrame):
        samples = file.samples if file.samples.dtype == np.int16 else float32_to_int16(file.samples)
        raw = samples.astype("<i2", copy=False).tobytes()
        return wav_header(len(raw), file.sample_rate) + raw
    if isinstance(file, str | os.PathLike):
        return Path(file).read_bytes()
    if isinstance(file, tuple) and len(file) >= 2:
        return recording_bytes(file[1])
    if hasattr(file, "read"):
        content = file.read()
        if isinstance(content, bytes):
            return content
    raise InvalidArgumentError(
        f"file must be a path, bytes, a file opened in binary mode, or an AudioFrame, got {type(file).__name__}"
    )
