"""The `sherpa` synthesiser: Kokoro, Kitten, Matcha and VITS voices on sherpa-onnx.

The user brings a folder as the model's makers publish it for sherpa-onnx; what lies in it tells the kind.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from electron_local.audio.frame import AudioFrame
from electron_local.errors import InvalidArgumentError, SpeechEngineError
from electron_local.speech.espeak import MAX_SPEED, MIN_SPEED, has_sound, plain_text, split_text
from electron_local.speech.sherpa_models import import_sherpa, open_voice, try_elsewhere
from electron_local.speech.weights import find_weights

FRAME_MS = 40


@dataclass(frozen=True)
class SherpaVoiceOptions:
    """Settings of `SherpaSynthesizer`.

    Attributes:
        model: the folder, or the name of a model that was added to this machine.
        kind: `kokoro`, `kitten`, `matcha` or `vits`; None: by the files, which Kokoro and Kitten
            share: a folder named after Kitten is one.
        languages: what the model speaks; None: whatever is asked for.
        n_threads: of ONNX Runtime.
        is_tried: load the model in another process first, since one that cannot be run would end this one.
    """

    model: str | Path | None = None
    kind: str | None = None
    languages: tuple[str, ...] | None = None
    n_threads: int = 1
    is_tried: bool = True


class SherpaSynthesizer:
    """A `TextToSpeech` on sherpa-onnx. Its voices are the speakers, by number. Any thread; syntheses take turns.

    Raises:
        MissingDependencyError: the extra `sherpa` is not installed.
        ModelLoadError: files are missing, or cannot be run.
        InvalidArgumentError: an unknown kind.

    >>> SherpaSynthesizer(SherpaVoiceOptions(model="/nowhere"))
    Traceback (most recent call last):
    electron_local.errors.ModelLoadError: sherpa: '/nowhere' is neither a file or folder nor the name of a model on ...
    """

    def __init__(self, options: SherpaVoiceOptions) -> None:
        self._options = options
        folder = str(find_weights(options.model, "sherpa"))
        import_sherpa("synthesis with sherpa")
        if options.is_tried:
            try_elsewhere("open_voice", folder, options.kind, options.n_threads)
        self._tts: Any = open_voice(folder, options.kind, options.n_threads)
        self._lock = threading.Lock()

    @property
    def sample_rate(self) -> int:
        """Rate of the frames, as the model says."""
        return int(self._tts.sample_rate)

    @property
    def voices(self) -> tuple[str, ...]:
        """Numbers of the speakers, as text."""
        return tuple(str(index) for index in range(max(1, self._tts.num_speakers)))

    def synthesize(
        self, text: str, *, voice: str | None = None, language: str = "en", speed: float = 1.0
    ) -> Iterator[AudioFrame]:
        """Yield float32 mono frames of 40 ms, made sentence by sentence; the arguments are checked at once."""
        if not MIN_SPEED <= speed <= MAX_SPEED:
            raise InvalidArgumentError(f"speed must be from {MIN_SPEED} to {MAX_SPEED}, got {speed}")
        if voice is not None and voice not in self.voices:
            raise InvalidArgumentError(f"unknown voice {voice!r}; this model has 0 to {len(self.voices) - 1}")
        known = self._options.languages
        if known is not None and language not in known:
            raise InvalidArgumentError(f"this model speaks {', '.join(known)}, not {language!r}")
        clean = plain_text(text)
        return self._frames(clean if has_sound(clean) else "", int(voice or 0), speed)

    def _frames(self, text: str, speaker: int, speed: float) -> Iterator[AudioFrame]:
        n_frame = self.sample_rate * FRAME_MS // 1000
        n_yielded = 0
        for piece, _ in split_text(text):
            try:
                with self._lock:
                    made = self._tts.generate(piece, sid=speaker, speed=speed)
            except (RuntimeError, LookupError, ValueError) as error:
                raise SpeechEngineError(f"the voice failed on {len(piece)} characters: {error!r}") from error
            samples = np.ascontiguousarray(np.asarray(made.samples, np.float32))
            if not np.isfinite(samples).all():
                raise SpeechEngineError("the voice gave samples that are not finite")
            for start in range(0, len(samples), n_frame):
                frame = samples[start : start + n_frame]
                yield AudioFrame(frame, self.sample_rate, timestamp=n_yielded / self.sample_rate)
                n_yielded += len(frame)
