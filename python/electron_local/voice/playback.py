"""How much of a response a loudspeaker has played."""

from __future__ import annotations

from electron_local.audio.endpoints import AudioSink
from electron_local.voice.client_events import ReportPlayback
from electron_local.voice.events import AudioDelta


class Playback:
    """Hands the audio of responses to a sink, and says how much of the last one has been heard. One thread.

    Args:
        sink: with nothing queued.

    >>> import numpy as np
    >>> from electron_local.audio.file_devices import NullLoudspeaker
    >>> from electron_local.audio.frame import AudioFrame
    >>> playback = Playback(NullLoudspeaker(48000, clock=iter([0.0, 0.0, 0.0, 0.01, 0.01]).__next__))
    >>> piece = AudioFrame(np.zeros(960, np.float32), 48000)
    >>> [playback.write(AudioDelta(response_id="r", item_id="i", delta=piece)).n_samples for _ in range(2)]
    [0, 480]
    """

    def __init__(self, sink: AudioSink) -> None:
        self._sink = sink
        self._response_id: str | None = None
        self._end = sink.position  # of the sink, when all that was written and not cleared has been heard
        self._begin = self._end  # of the response

    def write(self, delta: AudioDelta) -> ReportPlayback:
        """Queue a piece of a response; what was heard of that response by now is for the session.

        Raises:
            DeviceError: the sink has ended.
        """
        if delta.response_id != self._response_id:
            self._response_id, self._begin = delta.response_id, self._end
        self._sink.write(delta.delta.samples)
        self._end += len(delta.delta.samples)
        return ReportPlayback(delta.response_id, max(0, self._sink.position - self._begin))

    def clear(self) -> None:
        """Drop what is queued: the response was talked over."""
        self._end -= self._sink.clear()
