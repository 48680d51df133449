"""Any Python function as a recogniser or a synthesiser."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from electron_local.audio.frame import AudioFrame
from electron_local.errors import InvalidArgumentError, SpeechEngineError
from electron_local.speech.base import Float32Array, SpeechToText, TextToSpeech, Transcript
from electron_local.speech.whole_utterance import WholeUtterance

Speak = Callable[..., "Float32Array | Iterable[Float32Array]"]
Hear = Callable[..., str]


class CallableSynthesizer:
    """A `TextToSpeech` that calls `function(text, voice=..., language=..., speed=...)`.

    The function returns mono float32 samples, or yields them in pieces. Any thread, if the function allows.

    >>> synthesizer = CallableSynthesizer(lambda text, **_: np.zeros(160 * len(text), np.float32), sample_rate=16000)
    >>> [frame.duration_ms for frame in synthesizer.synthesize("hello")]
    [50.0]
    """

    def __init__(self, function: Speak, *, sample_rate: int, voices: tuple[str, ...] = ("default",)) -> None:
        self._function = function
        self._sample_rate = sample_rate
        self._voices = voices

    @property
    def sample_rate(self) -> int:
        """As told."""
        return self._sample_rate

    @property
    def voices(self) -> tuple[str, ...]:
        """As told."""
        return self._voices

    def synthesize(
        self, text: str, *, voice: str | None = None, language: str = "en", speed: float = 1.0
    ) -> Iterator[AudioFrame]:
        """Yield what the function returns. Raises InvalidArgumentError for a voice that is not among `voices`."""
        if voice is not None and voice not in self._voices:
            raise InvalidArgumentError(f"unknown voice {voice!r}; there are: {', '.join(self._voices)}")
        return self._frames(self._function(text, voice=voice, language=language, speed=speed))

    def _frames(self, made: Any) -> Iterator[AudioFrame]:
        n_yielded = 0
        for samples in [made] if isinstance(made, np.ndarray) else made:
            if not isinstance(samples, np.ndarray) or samples.dtype != np.float32 or samples.ndim != 1:
                raise SpeechEngineError("the function must give 1-D float32 arrays, it gave " + _shown(samples))
            yield AudioFrame(samples, self._sample_rate, timestamp=n_yielded / self._sample_rate)
            n_yielded += len(samples)


class CallableRecognizer:
    """A `SpeechToText` that calls `function(samples, language=...)` with a whole utterance and takes its text.

    >>> recognizer = CallableRecognizer(lambda samples, **_: f"{len(samples)} samples", sample_rate=16000)
    >>> stream = recognizer.stream()
    >>> stream.feed(np.zeros(320, np.float32))
    >>> stream.finish().text
    '320 samples'
    """

    def __init__(self, function: Hear, *, sample_rate: int = 16000, max_utterance_s: float = 60.0) -> None:
        self._function = function
        self._sample_rate = sample_rate
        self._max_samples = int(max_utterance_s * sample_rate)

    @property
    def sample_rate(self) -> int:
        """As told."""
        return self._sample_rate

    def stream(self, *, language: str = "en") -> WholeUtterance:
        """Begin an utterance."""
        return WholeUtterance(lambda samples: self._recognize(samples, language), max_samples=self._max_samples)

    def _recognize(self, samples: Float32Array, language: str) -> Transcript:
        text = self._function(samples, language=language)
        if not isinstance(text, str):
            raise SpeechEngineError(f"the function must give a text, it gave {_shown(text)}")
        return Transcript(text, is_final=True)


def load_engine(place: str, kind: type) -> Any:
    """The engine that `MODULE:FUNCTION` makes, for engines named on a command line.

    Raises InvalidArgumentError where there is no such function, or it makes none of `kind`.
    """
    module_name, _, name = place.partition(":")
    try:
        make = getattr(importlib.import_module(module_name), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise InvalidArgumentError(f"python:{place} must name a function as MODULE:FUNCTION: {error}") from error
    engine = make()
    if not isinstance(engine, kind):
        raise InvalidArgumentError(f"python:{place} made {_shown(engine)}, no {kind.__name__}")
    return engine


def load_recognizer(model: str) -> SpeechToText:
    """`load_engine` for a recogniser."""
    return load_engine(model, SpeechToText)  # type: ignore[no-any-return]


def load_synthesizer(model: str) -> TextToSpeech:
    """`load_engine` for a synthesiser."""
    return load_engine(model, TextToSpeech)  # type: ignore[no-any-return]


def _shown(value: Any) -> str:
    return f"{value.dtype} {value.shape}" if isinstance(value, np.ndarray) else f"a {type(value).__name__}"
