"""Requests for the examples: recordings instead of a microphone, so that they run anywhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from electron_local.audio.wav import read_wav

PAUSE_S = 3.0  # between two requests, for the answer


def requests(paths: list[Path]) -> Iterator[np.ndarray]:
    """The recordings one after the other as a microphone at 16 kHz would give them, with time for an answer."""
    for path in paths:
        yield read_wav(path, sample_rate=16000).samples
        yield np.zeros(int(PAUSE_S * 16000), np.float32)
