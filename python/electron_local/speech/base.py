"""What a recogniser and a synthesiser must do. A better engine is one new file that fulfils one of these."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from electron_local.audio.frame import AudioFrame
from electron_local.errors import InvalidArgumentError

Float32Array = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Word:
    """One recognised word; times in seconds from the start of the utterance."""

    text: str
    start: float
    end: float


@dataclass(frozen=True)
class SpokenFrame(AudioFrame):
    """Audio of a synthesiser that knows when its words end.

    `words`: those that begin in this frame, in order; their times count from the start of the synthesis.
    """

    words: tuple[Word, ...] = ()


@dataclass(frozen=True)
class Alternative:
    """A text that may have been said. `score`: how well it fits the sound, and the recogniser's own idea of a language.

    It is a natural logarithm up to a constant, weighed such that a language model's log-probability may be added.
    """

    text: str
    score: float


@dataclass(frozen=True)
class Transcript:
    """What was heard so far. `is_final`: nothing more will change. `words` may be empty.

    `alternatives`: what may have been said, of a final transcript; its own text first. Empty where the engine knows
    of no others.
    """

    text: str
    is_final: bool
    words: tuple[Word, ...] = ()
    alternatives: tuple[Alternative, ...] = ()


class RecognitionStream(Protocol):
    """One utterance. Not thread-safe: one thread feeds it."""

    def feed(self, samples: Float32Array) -> Transcript | None:
        """Take mono float32 samples at the recogniser's rate; return a partial when its text changed."""

    def finish(self) -> Transcript:
        """End the utterance and return the final transcript (empty text: nothing was understood)."""

    def cancel(self) -> None:
        """Drop the utterance; idempotent."""


@runtime_checkable
class SpeechToText(Protocol):
    """A recogniser. One object may serve many utterances, one after the other or in several streams."""

    @property
    def sample_rate(self) -> int:
        """The rate `feed` expects, in Hz."""

    def stream(self, *, language: str = "en") -> RecognitionStream:
        """Begin an utterance. Raises InvalidArgumentError for a language that the engine lacks."""


@runtime_checkable
class SpeakerAdaptive(Protocol):
    """A recogniser that understands a speaker better the more it heard of him."""

    def for_speaker(self) -> SpeechToText:
        """A recogniser for one speaker, which shares what is dear with this one."""


@runtime_checkable
class TextToSpeech(Protocol):
    """A synthesiser."""

    @property
    def sample_rate(self) -> int:
        """The rate of the frames it yields, in Hz."""

    @property
    def voices(self) -> tuple[str, ...]:
        """Names that `voice` accepts."""

    def synthesize(
        self, text: str, *, voice: str | None = None, language: str = "en", speed: float = 1.0
    ) -> Iterator[AudioFrame]:
        """Yield float32 mono frames as they are made. Closing the iterator stops the synthesis.

        A SpokenFrame says which words it speaks: what was heard of an interrupted reply is then known to the word.
        """


@runtime_checkable
class EndOfTurnModel(Protocol):
    """Hears whether a user has finished, from how he speaks. Any thread; several sessions may share one."""

    def probability(self, samples: Float32Array) -> float:
        """How likely the turn is over, 0 to 1, from what was said in it so far: mono float32 at 16 kHz."""


def check_samples(samples: object) -> None:
    """Raise InvalidArgumentError unless `samples` is a 1-D float32 array."""
    if not isinstance(samples, np.ndarray) or samples.dtype != np.float32 or samples.ndim != 1:
        got = f"{samples.dtype} {samples.shape}" if isinstance(samples, np.ndarray) else type(samples).__name__
        raise InvalidArgumentError(f"samples must be a 1-D float32 array, got {got}")


Factory = Callable[..., Any]
DEFAULT_RECOGNIZER, DEFAULT_SYNTHESIZER = "pocketsphinx", "espeak"
_recognizers: dict[str, Factory] = {}
_synthesizers: dict[str, Factory] = {}
_end_of_turn_models: dict[str, Factory] = {}


def register_recognizer(name: str, factory: Factory) -> None:
    """Make `create_recognizer(name)` call `factory`. A factory imports its engine late."""
    _recognizers[name] = factory


def register_synthesizer(name: str, factory: Factory) -> None:
    """Make `create_synthesizer(name)` call `factory`. A factory imports its engine late."""
    _synthesizers[name] = factory


def register_end_of_turn_model(name: str, factory: Factory) -> None:
    """Make `create_end_of_turn_model(name)` call `factory`. A factory imports its engine late."""
    _end_of_turn_models[name] = factory


def create_recognizer(name: str | None = None, **options: Any) -> SpeechToText:
    """Build the recogniser registered under `name` (None: pocketsphinx); `NAME:MODEL` gives it the option `model`.

    Raises InvalidArgumentError for an unknown name or option, and what the engine raises.
    """
    return _create(_recognizers, "recogniser", name or DEFAULT_RECOGNIZER, options)  # type: ignore[no-any-return]


def create_synthesizer(name: str | None = None, **options: Any) -> TextToSpeech:
    """Build the synthesiser registered under `name` (None: espeak); `NAME:MODEL` gives it the option `model`.

    Raises InvalidArgumentError for an unknown name or option, and what the engine raises.
    """
    return _create(_synthesizers, "synthesiser", name or DEFAULT_SYNTHESIZER, options)  # type: ignore[no-any-return]


def create_end_of_turn_model(name: str, **options: Any) -> EndOfTurnModel:
    """Build the end-of-turn model registered under `name`; `NAME:MODEL` gives it the option `model`.

    Raises InvalidArgumentError for an unknown name or option, and what the engine raises.
    """
    return _create(_end_of_turn_models, "end-of-turn model", name, options)  # type: ignore[no-any-return]


def _create(registry: dict[str, Factory], kind: str, spec: str, options: dict[str, Any]) -> Any:
    name, colon, model = spec.partition(":")
    if name not in registry:
        raise InvalidArgumentError(f"unknown {kind} {name!r}; known: {', '.join(sorted(registry))}")
    given = {**options, "model": model} if colon else options
    try:
        inspect.signature(registry[name]).bind(**given)
    except TypeError as error:
        raise InvalidArgumentError(f"the {kind} {name}: {error}") from error
    return registry[name](**given)
