"""A microphone beside an open loudspeaker: without the bot's own voice, at a steady level."""

from __future__ import annotations

from electron_local.audio.echo import EchoGuard
from electron_local.audio.endpoints import AudioSource
from electron_local.audio.frame import AudioFrame
from electron_local.audio.levels import LevelControl
from electron_local.audio.played_signal import PlayedSignal
from electron_local.errors import InvalidArgumentError

_RATE_HZ = 16000


class GuardedMicrophone:
    """An `AudioSource` at 16 kHz behind an echo guard and a level control.

    Args:
        source: at 16 kHz; closed with this one.
        played: where the loudspeaker puts what it plays; None where nothing can be heard of it (headphones).
        control: of the level; the default one when left out.

    Raises:
        InvalidArgumentError: a source of another rate.

    >>> from electron_local.audio.devices import Loudspeaker, Microphone
    >>> def listen() -> None:
    ...     played = PlayedSignal(48000, 16000)
    ...     loudspeaker = Loudspeaker(48000, on_played=played.put)
    ...     microphone = GuardedMicrophone(Microphone(16000), played)
    ...     while (frame := microphone.read()) is not None:
    ...         print(len(frame.samples), microphone.echo_reduction_db)
    """

    def __init__(
        self, source: AudioSource, played: PlayedSignal | None = None, *, control: LevelControl | None = None
    ) -> None:
        if source.sample_rate != _RATE_HZ:
            raise InvalidArgumentError(f"the echo guard hears {_RATE_HZ} Hz, got a source of {source.sample_rate} Hz")
        self._source = source
        self._played = played
        self._guard = EchoGuard()
        self._control = control or LevelControl(_RATE_HZ)

    @property
    def sample_rate(self) -> int:
        """In Hz."""
        return _RATE_HZ

    @property
    def echo_reduction_db(self) -> float:
        """How much of the last 0.16 s was subtracted as echo."""
        return 0.0 if self._played is None else self._guard.echo_reduction_db

    def read(self) -> AudioFrame | None:
        """The next block, 32 ms late with an echo guard; None when the source has ended."""
        frame = self._source.read()
        if frame is None:
            return None
        samples = frame.samples
        if self._played is not None:
            samples = self._guard.process(samples, self._played.take(len(samples)))
        return AudioFrame(self._control.process(samples), _RATE_HZ, frame.timestamp)

    def close(self) -> None:
        """End the source; idempotent, from any thread."""
        self._source.close()
