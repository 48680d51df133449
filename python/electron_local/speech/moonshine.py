"""The `moonshine` recogniser: Moonshine's encoder and decoder on ONNX Runtime, with partials as speech goes on.

Without weights of its own it takes the English ones (27M parameters, MIT) that PyPI's `moonshine-voice` carries up to
version 0.0.67; nothing else of that package is used. Source: Jeffries and others, Moonshine: Speech Recognition for
Live Transcription and Voice Commands, 2024.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from electron_local.errors import InvalidArgumentError, MissingDependencyError, ModelLoadError, SpeechEngineError
from electron_local.speech.base import Alternative, Float32Array, Transcript
from electron_local.speech.moonshine_model import MoonshineModel, Pieces
from electron_local.speech.phrase_model import words_of_phrase
from electron_local.speech.weights import find_weights, one_file
from electron_local.speech.whole_utterance import WholeUtterance

SAMPLE_RATE = 16000
_LEAST_SAMPLES = SAMPLE_RATE // 2
_WINDOW_S, _CUT_WITHIN_S = 20.0, 5.0
_PARTIAL_SHARE = 0.125
_CLOSING = " .,?!"
# Behind speech that has ended. It brought word errors on real clips, cut off 100 ms behind it, from 16.8 to 10.1 %.
_QUIET = np.random.default_rng(0).normal(0, 0.0005, SAMPLE_RATE * 3 // 10).astype(np.float32)


@dataclass(frozen=True)
class MoonshineOptions:
    """Settings of `MoonshineRecognizer`.

    Attributes:
        model: a folder with `encoder_model`, `decoder_model_merged` (.ort or .onnx) and `tokenizer.bin`, or the name of
            one that was added to this machine; None: the weights of the package `moonshine-voice`.
        languages: what the model understands.
        partial_s: recognise what there is after each so many seconds of speech, or after an eighth of the utterance
            where that is more; 0: only the end.
        n_best: so many texts are looked for at the end of an utterance, for a language model to choose among.
        punctuation: write capitals and marks, as the network does. Words in lower case are what electron-nano was
            mostly trained on, and where it knows whether a turn is over.
        tokens_a_second: a text may have no more: the model repeats itself on what is no speech. (English; other
            languages take up to 13)
        max_utterance_s: longer ones must be cut by who feeds them.
        n_threads: of ONNX Runtime.
    """

    model: str | Path | None = None
    languages: tuple[str, ...] = ("en",)
    partial_s: float = 0.32
    n_best: int = 6
    punctuation: bool = False
    tokens_a_second: float = 6.5
    max_utterance_s: float = 120.0
    n_threads: int = 1


class MoonshineRecognizer:
    """A `SpeechToText`. Any thread may open a stream, and streams run beside each other.

    Raises:
        MissingDependencyError: the extra `moonshine` is not installed.
        ModelLoadError: files are missing, or cannot be run.

    >>> MoonshineRecognizer(MoonshineOptions(model="/nowhere"))
    Traceback (most recent call last):
    electron_local.errors.ModelLoadError: moonshine: '/nowhere' is neither a file or folder nor the name of a model o...
    """

    def __init__(self, options: MoonshineOptions | None = None) -> None:
        self._options = options = options or MoonshineOptions()
        folder = _packaged() if options.model is None else find_weights(options.model, "moonshine")
        self._pieces = Pieces(one_file(folder, "tokenizer.bin"))
        self._model = MoonshineModel(folder, n_threads=options.n_threads)
        if self._model.n_tokens not in (None, len(self._pieces)):
            raise ModelLoadError(f"{folder}: {len(self._pieces)} tokens, and a network for {self._model.n_tokens}")
        try:
            self._recognize(np.zeros(_LEAST_SAMPLES, np.float32), is_final=True)
        except SpeechEngineError as error:
            raise ModelLoadError(f"{folder} is no Moonshine model: {error}") from error

    @property
    def sample_rate(self) -> int:
        """16000 Hz."""
        return SAMPLE_RATE

    def stream(self, *, language: str = "en") -> WholeUtterance:
        """Begin an utterance. Raises InvalidArgumentError for a language that `languages` lacks."""
        known = self._options.languages
        if language.partition("-")[0] not in known:
            raise InvalidArgumentError(f"this model understands {', '.join(known)}, not {language!r}")
        return WholeUtterance(
            lambda samples: self._recognize(samples, is_final=True),
            recognize_partial=lambda samples: self._recognize(samples, is_final=False),
            partial_samples=int(self._options.partial_s * SAMPLE_RATE),
            partial_share=_PARTIAL_SHARE,
            max_samples=int(self._options.max_utterance_s * SAMPLE_RATE),
        )

    def _recognize(self, samples: Float32Array, *, is_final: bool) -> Transcript:
        """A whole text has alternatives. Where the utterance goes on, only the likeliest is looked for, and the mark at
        its end, which the model always writes, is left out."""
        parts = [self._texts(window, is_final=is_final) for window in windows(samples)]
        text = " ".join(part[0].text for part in parts if part[0].text)
        if not is_final:
            return Transcript(text.rstrip(_CLOSING), is_final=False)
        return Transcript(text, is_final=True, alternatives=tuple(parts[0]) if len(parts) == 1 else ())

    def _texts(self, samples: Float32Array, *, is_final: bool) -> list[Alternative]:
        """What may be said in at most 20 s, the likeliest first; at least one text."""
        longest = max(1, int(len(samples) / SAMPLE_RATE * self._options.tokens_a_second))
        heard = np.concatenate([samples, _QUIET]) if is_final else samples
        audio = np.zeros((1, max(len(heard), _LEAST_SAMPLES)), np.float32)
        audio[0, : len(heard)] = heard
        try:
            found = self._model.likeliest(audio, longest, self._options.n_best if is_final else 1)
            texts = [(self._pieces.text(beam.ids), beam.score) for beam in found]
        except Exception as error:  # onnxruntime's errors have no common base
            raise SpeechEngineError(f"moonshine failed on {len(samples)} samples: {error}") from error
        scores: dict[str, float] = {}
        for text, score in texts:
            scores.setdefault(text if self._options.punctuation else " ".join(words_of_phrase(text)), score)
        return [Alternative(text, score) for text, score in scores.items()]


def windows(samples: Float32Array) -> Iterator[Float32Array]:
    """`samples` in parts of at most 20 s, cut where it is quietest within their last 5 s.

    >>> [len(part) / SAMPLE_RATE for part in windows(np.ones(30 * SAMPLE_RATE, np.float32))]
    [15.0, 15.0]
    """
    most, block = int(_WINDOW_S * SAMPLE_RATE), SAMPLE_RATE // 10
    while len(samples) > most:
        first = most - int(_CUT_WITHIN_S * SAMPLE_RATE)
        loudness = np.square(samples[first:most]).reshape(-1, block).sum(axis=1)
        cut = first + int(loudness.argmin()) * block
        yield samples[:cut]
        samples = samples[cut:]
    yield samples


def _packaged() -> Path:
    """The folder of the weights in the package `moonshine-voice`, which is not imported."""
    spec = importlib.util.find_spec("moonshine_voice")
    found = Path(spec.origin).parent / "assets" / "tiny-en" if spec and spec.origin else None
    if found is None or not found.is_dir():
        raise MissingDependencyError(
            "moonshine needs weights: pip install 'electron-local[moonshine]' for those of moonshine-voice 0.0.67, or "
            "name a folder as moonshine:PATH"
        )
    return found
