"""The echo guard: an open loudspeaker without the bot hearing itself."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from electron_local import _core

Float32Array = npt.NDArray[np.float32]


class EchoGuard:
    """Takes what the loudspeaker played out of what the microphone heard; a stream at 16 kHz.

    The room is learnt while the bot speaks (a partitioned-block Kalman filter in the frequency domain, 320 ms long,
    behind a delay of up to 512 ms that it finds itself); what may be left of the echo is turned down bin by bin, so
    that speech found behind the guard is the talker's. Until the room is known, and again after it has changed, all is
    turned down while the echo lasts. Where nothing is played, the microphone passes unchanged.

    Any chunking gives the same samples. Calls from several threads are serialised.

    Source: Kuech, Mabande and Enzner, State-space architecture of the partitioned-block-based acoustic echo controller,
    ICASSP 2014.

    >>> guard = EchoGuard()
    >>> silence = np.zeros(320, np.float32)
    >>> len(guard.process(silence, silence)), guard.delay
    (320, 512)
    """

    def __init__(self) -> None:
        self._core = _core.EchoGuard()

    @property
    def delay(self) -> int:
        """In samples: the output belongs to the input of this long ago."""
        return self._core.delay

    @property
    def converged(self) -> bool:
        """True once the echo was well down for 0.96 s in all, or heard for 2 s, since the start or the last change."""
        return self._core.converged

    @property
    def echo_reduction_db(self) -> float:
        """How much weaker the last 0.16 s of the microphone are by what was subtracted alone."""
        return self._core.echo_reduction_db

    @property
    def echo_delay(self) -> int:
        """Samples between playing and hearing, to a block of 256, as far as the filter starts later than at 0."""
        return self._core.echo_delay

    def process(self, microphone: Float32Array, played: Float32Array) -> Float32Array:
        """The next samples of both, from the same time on; any number, equally many. Returns as many.

        Raises:
            InvalidArgumentError: not 1-D float32 arrays of one length, or a sample that is not finite or beyond 8.0
                (then nothing was taken).
        """
        return self._core.process(microphone, played)

    def reset(self) -> None:
        """Forget the stream and the room."""
        self._core.reset()
