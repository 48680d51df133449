"""The `sherpa` recogniser: streaming Zipformers, Paraformers and CTC models on sherpa-onnx.

The user brings a folder with the ONNX files and `tokens.txt`, as the model's makers publish it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from electron_local.errors import InvalidArgumentError, SpeechEngineError
from electron_local.speech.base import Float32Array, Transcript, Word, check_samples
from electron_local.speech.sherpa_models import import_sherpa, open_recognizer, try_elsewhere
from electron_local.speech.weights import find_weights

SAMPLE_RATE = 16000
_TAIL_S = 0.66  # silence that pushes the last words out of the encoder


@dataclass(frozen=True)
class SherpaOptions:
    """Settings of `SherpaRecognizer`.

    Attributes:
        model: the folder, or the name of a model that was added to this machine.
        kind: of a model in one file: `zipformer2-ctc`, `nemo-ctc` or `wenet-ctc`. Encoder, decoder and joiner are found
            to be a transducer, encoder and decoder a Paraformer.
        languages: what the model understands; None: whatever is asked for.
        n_threads: of ONNX Runtime.
        is_tried: load the model in another process first, since one that cannot be run would end this one.
    """

    model: str | Path | None = None
    kind: str = "zipformer2-ctc"
    languages: tuple[str, ...] | None = None
    n_threads: int = 1
    is_tried: bool = True


class SherpaRecognizer:
    """A `SpeechToText` on sherpa-onnx, with partials as speech goes on. Any thread may open a stream.

    Raises:
        MissingDependencyError: the extra `sherpa` is not installed.
        ModelLoadError: files are missing, or cannot be run.
        InvalidArgumentError: an unknown kind.

    >>> SherpaRecognizer(SherpaOptions(model="/nowhere"))
    Traceback (most recent call last):
    electron_local.errors.ModelLoadError: sherpa: '/nowhere' is neither a file or folder nor the name of a model on ...
    """

    def __init__(self, options: SherpaOptions) -> None:
        self._options = options
        folder = str(find_weights(options.model, "sherpa"))
        import_sherpa("recognition with sherpa")
        if options.is_tried:
            try_elsewhere("open_recognizer", folder, options.kind, options.n_threads)
        self._recognizer = open_recognizer(folder, options.kind, options.n_threads)

    @property
    def sample_rate(self) -> int:
        """16000 Hz."""
        return SAMPLE_RATE

    def stream(self, *, language: str = "en") -> SherpaStream:
        """Begin an utterance. Raises InvalidArgumentError for a language that `languages` lacks."""
        known = self._options.languages
        if known is not None and language not in known:
            raise InvalidArgumentError(f"this model understands {', '.join(known)}, not {language!r}")
        return SherpaStream(self._recognizer)


class SherpaStream:
    """One utterance. Made by `SherpaRecognizer.stream`; one thread."""

    def __init__(self, recognizer: Any) -> None:
        self._recognizer = recognizer
        self._stream: Any = recognizer.create_stream()
        self._partial = ""

    def feed(self, samples: Float32Array) -> Transcript | None:
        """Take 16 kHz mono float32 samples, any number; return a partial when its text changed."""
        check_samples(samples)
        stream = self._open()
        if not len(samples):
            return None
        stream.accept_waveform(SAMPLE_RATE, samples)
        text = self._decode(stream)
        if text == self._partial:
            return None
        self._partial = text
        return Transcript(text, is_final=False)

    def finish(self) -> Transcript:
        """End the utterance and return its text, and its words where the model gives times."""
        stream, self._stream = self._open(), None
        stream.accept_waveform(SAMPLE_RATE, np.zeros(int(_TAIL_S * SAMPLE_RATE), np.float32))
        stream.input_finished()
        text = self._decode(stream)
        tokens, times = self._recognizer.tokens(stream), self._recognizer.timestamps(stream)
        return Transcript(text, is_final=True, words=words_of(tokens, times))

    def cancel(self) -> None:
        """Drop the utterance; idempotent."""
        self._stream = None

    def _decode(self, stream: Any) -> str:
        while self._recognizer.is_ready(stream):
            self._recognizer.decode_stream(stream)
        return str(self._recognizer.get_result(stream)).strip()

    def _open(self) -> Any:
        if self._stream is None:
            raise SpeechEngineError("this utterance is finished or cancelled: begin another with stream()")
        return self._stream


def words_of(tokens: list[str], times: list[float]) -> tuple[Word, ...]:
    """Words out of sentence pieces and the times at which they begin; a word ends where the next begins.

    >>> [(word.text, word.start, word.end) for word in words_of([" hel", "lo", " you"], [0.1, 0.2, 0.4])]
    [('hello', 0.1, 0.4), ('you', 0.4, 0.4)]
    """
    if len(tokens) != len(times):
        return ()
    words: list[Word] = []
    for token, time in zip(tokens, times, strict=True):
        piece = token.replace("▁", " ")
        if piece.startswith(" ") or not words:
            if words:
                words[-1] = Word(words[-1].text, words[-1].start, time)
            words.append(Word(piece.strip(), time, time))
        else:
            words[-1] = Word(words[-1].text + piece, words[-1].start, time)
    return tuple(word for word in words if word.text)
