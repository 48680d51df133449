"""The decoders that utterances borrow: dear to make, so they are kept."""

from __future__ import annotations

import threading
from collections.abc import Callable

from electron_local.errors import SpeechEngineError
from electron_local.speech.sphinx_library import SphinxDecoder


class DecoderPool:
    """Any thread. The first decoder is made at once, the others when they are needed.

    Args:
        make: makes one; what it raises is raised.
        max_decoders: as many utterances may be open at once.
    """

    def __init__(self, make: Callable[[], SphinxDecoder], max_decoders: int) -> None:
        self._make = make
        self._max_decoders = max_decoders
        self._lock = threading.RLock()  # guards the two below; the garbage collector may give one back in any line
        self._idle = [make()]
        self._n_decoders = 1

    def borrow(self) -> SphinxDecoder:
        """A decoder that nobody else has. Raises SpeechEngineError when there are too many."""
        with self._lock:
            if self._idle:
                return self._idle.pop()
            if self._n_decoders >= self._max_decoders:
                raise SpeechEngineError(
                    f"{self._n_decoders} utterances are open, the limit: finish or cancel one, or raise max_streams"
                )
            self._n_decoders += 1
        try:
            return self._make()
        except BaseException:
            self.discard()
            raise

    def give_back(self, decoder: SphinxDecoder) -> None:
        """Its utterance has ended."""
        with self._lock:
            self._idle.append(decoder)

    def discard(self) -> None:
        """A borrowed one is broken."""
        with self._lock:
            self._n_decoders -= 1
