"""Silence in place of audio that has stopped arriving, so that a turn ends all the same."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from electron_local.voice.listener import SAMPLE_RATE

STALL_MS = 600.0
_STEP_MS = 100.0
_MOST_FRAME_MS = 2000.0  # longer ones come faster than they were spoken


class MissingAudio:
    """Since when no audio has come. Silence is due after 600 ms, and from then on every 100 ms.

    A frame of audio comes when its last sample was spoken; after a long one the next takes as much longer.

    >>> missing = MissingAudio(0.0)
    >>> missing.due_ms, len(missing.silence(600.0)), missing.due_ms
    (600.0, 9600, 700.0)
    """

    def __init__(self, now_ms: float) -> None:
        self._until_ms, self._patience_ms = now_ms, STALL_MS

    @property
    def due_ms(self) -> float:
        """When silence is to be heard instead."""
        return self._until_ms + self._patience_ms

    def arrived(self, now_ms: float, n_samples: int) -> None:
        """So many samples came at once; none are no audio."""
        if not n_samples:
            return
        frame_ms = 1000 * n_samples / SAMPLE_RATE
        self._until_ms, self._patience_ms = now_ms, STALL_MS + min(frame_ms, _MOST_FRAME_MS)

    def silence(self, now_ms: float) -> npt.NDArray[np.float32]:
        """As many zeros as are missing at 16 kHz; they count as heard."""
        missing_ms, self._until_ms, self._patience_ms = now_ms - self._until_ms, now_ms, _STEP_MS
        return np.zeros(int(missing_ms * SAMPLE_RATE / 1000), np.float32)
