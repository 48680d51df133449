"""Utterances of recognisers that want all of the audio at once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from electron_local.errors import SpeechEngineError
from electron_local.speech.base import Float32Array, Transcript, check_samples

Recognize = Callable[[Float32Array], Transcript]


class WholeUtterance:
    """A `RecognitionStream` that gathers audio and recognises it when it is finished. One thread.

    `partial_samples`: recognise what there is after each so many samples too, or after `partial_share` of the utterance
    where that is more; 0: give no partials. `recognize_partial`: how, if not as the whole.
    """

    def __init__(
        self,
        recognize: Recognize,
        *,
        recognize_partial: Recognize | None = None,
        partial_samples: int = 0,
        partial_share: float = 0.0,
        max_samples: int,
    ) -> None:
        self._recognize = recognize
        self._recognize_partial = recognize_partial or recognize
        self._partial_samples = partial_samples
        self._partial_share = partial_share
        self._max_samples = max_samples
        self._pieces: list[Float32Array] | None = []
        self._n_samples = 0
        self._n_seen = 0
        self._partial = ""

    def feed(self, samples: Float32Array) -> Transcript | None:
        """Take mono float32 samples. Raises SpeechEngineError once the utterance is too long, or over."""
        check_samples(samples)
        pieces = self._open()
        if self._n_samples + len(samples) > self._max_samples:
            raise SpeechEngineError(f"an utterance may have {self._max_samples} samples: finish it and begin another")
        pieces.append(samples.copy())
        self._n_samples += len(samples)
        step = max(self._partial_samples, self._partial_share * self._n_samples)
        if not self._partial_samples or self._n_samples - self._n_seen < step:
            return None
        self._n_seen = self._n_samples
        text = self._recognize_partial(np.concatenate(pieces)).text
        if text == self._partial:
            return None
        self._partial = text
        return Transcript(text, is_final=False)

    def finish(self) -> Transcript:
        """Recognise it all."""
        pieces, self._pieces = self._open(), None
        return self._recognize(np.concatenate(pieces)) if self._n_samples else Transcript("", is_final=True)

    def cancel(self) -> None:
        """Drop the utterance; idempotent."""
        self._pieces = None

    def _open(self) -> list[Float32Array]:
        if self._pieces is None:
            raise SpeechEngineError("this utterance is finished or cancelled: begin another with stream()")
        return self._pieces
