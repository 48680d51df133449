"""A model that hears whether a turn has ended: Smart Turn v3's interface on ONNX Runtime. The user brings the weights.

Source: pipecat-ai/smart-turn (BSD-2): the last 8 s at 16 kHz as Whisper's log-mel features → a probability.
"""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np

from electron_local.errors import ModelLoadError, SpeechEngineError
from electron_local.speech.base import Float32Array, check_samples
from electron_local.speech.log_mel import HOP, N_MELS, log_mel
from electron_local.speech.onnx_session import open_session
from electron_local.speech.weights import find_weights

SAMPLE_RATE = 16000
WINDOW_S = 8
_N_SAMPLES = WINDOW_S * SAMPLE_RATE
_INPUT = "input_features"


class SmartTurn:
    """Tells how likely it is that a user has finished. Any thread; one answer at a time.

    Args:
        model: the `.onnx` file, or the name of a model that was added to this machine.
        n_threads: of ONNX Runtime.

    Raises:
        MissingDependencyError: the extra `neural` is not installed.
        ModelLoadError: no such file, or not of this interface.

    >>> SmartTurn("/nowhere.onnx")
    Traceback (most recent call last):
    electron_local.errors.ModelLoadError: smart-turn: '/nowhere.onnx' is neither a file or folder nor the name of a ...
    """

    def __init__(self, model: str | Path | None, *, n_threads: int = 1) -> None:
        path = find_weights(model, "smart-turn")
        self._session = open_session(path, "the end-of-turn model", n_threads=n_threads)
        found = {each.name: each.shape for each in self._session.get_inputs()}
        if list(found) != [_INPUT] or found[_INPUT][-1] not in (_N_SAMPLES // HOP, "time", "sequence", None):
            raise ModelLoadError(f"{path} is no Smart Turn model: its inputs are {found}")
        self._lock = threading.Lock()

    def probability(self, samples: Float32Array) -> float:
        """How likely the turn is over, 0 to 1, from all that was said in it: mono float32 at 16 kHz.

        Only the last 8 s count; shorter turns are filled with silence in front. Raises SpeechEngineError.
        """
        check_samples(samples)
        window = np.zeros(_N_SAMPLES, np.float32)
        last = samples[-_N_SAMPLES:]
        window[_N_SAMPLES - len(last) :] = last
        features = log_mel(_normalised(window)).reshape(1, N_MELS, -1)
        try:
            with self._lock:
                (found, *_) = self._session.run(None, {_INPUT: features})
        except Exception as error:  # onnxruntime's errors have no common base
            raise SpeechEngineError(f"the end-of-turn model failed: {error}") from error
        probability = float(np.asarray(found).reshape(-1)[0])
        if not 0.0 <= probability <= 1.0:
            raise SpeechEngineError(f"the end-of-turn model gave {probability}, which is no probability")
        return probability


def _normalised(samples: Float32Array) -> Float32Array:
    """Zero mean and unit variance, as Whisper's feature extractor does when told to."""
    normalised: Float32Array = ((samples - samples.mean()) / np.sqrt(samples.var() + 1e-7)).astype(np.float32)
    return normalised
