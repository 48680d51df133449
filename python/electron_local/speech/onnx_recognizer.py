"""The `onnx-asr` recogniser: Whisper, Parakeet, Canary, Zipformer, GigaAM and their like, by the package of that name.

The user brings the weights: a folder with ONNX files, vocabulary and a `config.json` that names the `model_type`.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from electron_local.errors import InvalidArgumentError, MissingDependencyError, ModelLoadError, SpeechEngineError
from electron_local.speech.base import Float32Array, Transcript
from electron_local.speech.onnx_session import import_onnxruntime, session_options
from electron_local.speech.weights import find_weights
from electron_local.speech.whole_utterance import WholeUtterance

SAMPLE_RATE = 16000


@dataclass(frozen=True)
class OnnxAsrOptions:
    """Settings of `OnnxAsrRecognizer`.

    Attributes:
        model: the folder, or the name of a model that was added to this machine.
        kind: what onnx-asr calls the model's type (`whisper`, `nemo-conformer-tdt`, `kaldi-rnnt`, …); None: what the
            folder's `config.json` says.
        quantization: take the files with this suffix (`int8`).
        languages: what the model understands; None: whatever is asked for, the model decides.
        partial_s: recognise what there is after each so many seconds as well; 0: only the end.
        max_utterance_s: longer ones must be cut by who feeds them.
        n_threads: of ONNX Runtime.
    """

    model: str | Path | None = None
    kind: str | None = None
    quantization: str | None = None
    languages: tuple[str, ...] | None = None
    partial_s: float = 0.0
    max_utterance_s: float = 60.0
    n_threads: int = 1


class OnnxAsrRecognizer:
    """A `SpeechToText` on onnx-asr. Any thread may open a stream; recognition takes turns.

    Raises:
        MissingDependencyError: the extra `neural` is not installed.
        ModelLoadError: no such folder, or not one that onnx-asr can run.

    >>> OnnxAsrRecognizer(OnnxAsrOptions(model="/nowhere"))
    Traceback (most recent call last):
    electron_local.errors.ModelLoadError: onnx-asr: '/nowhere' is neither a file or folder nor the name of a model on...
    """

    def __init__(self, options: OnnxAsrOptions) -> None:
        self._options = options
        folder = find_weights(options.model, "onnx-asr")
        self._lock = threading.Lock()
        self._model = _load(folder, options)
        self._takes_language = options.kind in (None, "whisper", "whisper-ort", "nemo-conformer-aed")

    @property
    def sample_rate(self) -> int:
        """16000 Hz."""
        return SAMPLE_RATE

    def stream(self, *, language: str = "en") -> WholeUtterance:
        """Begin an utterance. Raises InvalidArgumentError for a language that `languages` lacks."""
        known = self._options.languages
        if known is not None and language not in known:
            raise InvalidArgumentError(f"this model understands {', '.join(known)}, not {language!r}")
        return WholeUtterance(
            lambda samples: self._recognize(samples, language),
            partial_samples=int(self._options.partial_s * SAMPLE_RATE),
            max_samples=int(self._options.max_utterance_s * SAMPLE_RATE),
        )

    def _recognize(self, samples: Float32Array, language: str) -> Transcript:
        options = {"language": language} if self._takes_language else {}
        try:
            with self._lock:
                text = self._model.recognize(samples, sample_rate=SAMPLE_RATE, **options)
        except Exception as error:  # onnxruntime's errors have no common base
            raise SpeechEngineError(f"onnx-asr failed on {len(samples)} samples: {error}") from error
        return Transcript(str(text).strip(), is_final=True)


def _load(folder: Path, options: OnnxAsrOptions) -> Any:
    onnxruntime = import_onnxruntime("recognition with onnx-asr")
    try:
        import onnx_asr
    except ImportError as error:
        raise MissingDependencyError(
            f"recognition with onnx-asr needs that package: pip install 'electron-local[neural]' ({error})"
        ) from error
    try:
        # With a folder that exists, onnx-asr fetches nothing.
        return onnx_asr.load_model(
            options.kind,  # type: ignore[arg-type]
            folder,
            quantization=options.quantization,
            sess_options=session_options(onnxruntime, n_threads=options.n_threads),
            providers=["CPUExecutionProvider"],
        )
    except Exception as error:
        raise ModelLoadError(f"onnx-asr cannot run {folder}: {error}") from error
