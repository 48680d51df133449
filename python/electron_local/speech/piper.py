"""The `piper` synthesiser: a Piper voice (VITS) run directly on ONNX Runtime, with phonemes from espeak.

The user brings the voice: `NAME.onnx` and beside it `NAME.onnx.json`. libespeak-ng is GPL-3.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from electron_local.audio.frame import AudioFrame
from electron_local.errors import InvalidArgumentError, ModelLoadError, SpeechEngineError
from electron_local.speech.espeak import MAX_SPEED, MIN_SPEED, has_sound, plain_text, split_text
from electron_local.speech.espeak_library import EspeakLibrary, load_espeak_library
from electron_local.speech.languages import find_language, language_name
from electron_local.speech.onnx_session import open_session
from electron_local.speech.piper_config import PiperConfig, phoneme_ids, read_piper_config
from electron_local.speech.piper_phonemes import phonemes_of
from electron_local.speech.weights import find_weights, one_file

FRAME_MS = 40
_MAX_WAVE = 32767.0


@dataclass(frozen=True)
class PiperOptions:
    """Settings of `PiperSynthesizer`.

    Attributes:
        model: the `.onnx` file, a folder with one, or the name of a voice that was added to this machine.
        n_threads: of ONNX Runtime.
        noise_scale, noise_w: how much the voice varies; None: as the voice's file says. 0 makes it repeat itself.
    """

    model: str | Path | None = None
    n_threads: int = 1
    noise_scale: float | None = None
    noise_w: float | None = None


class PiperSynthesizer:
    """A `TextToSpeech` on one Piper voice; its speakers are the voices. Any thread; one thread an iterator.

    Long text is made sentence by sentence as the caller pulls frames.

    Raises:
        MissingDependencyError: the extra `neural` or `espeak` is not installed.
        ModelLoadError: files are missing or damaged.

    >>> PiperSynthesizer(PiperOptions(model="/nowhere.onnx"))
    Traceback (most recent call last):
    electron_local.errors.ModelLoadError: piper: '/nowhere.onnx' is neither a file or folder nor the name of a model...
    """

    def __init__(self, options: PiperOptions) -> None:
        path = find_weights(options.model, "piper")
        path = one_file(path, "*.onnx") if path.is_dir() else path
        self._config: PiperConfig = read_piper_config(path.with_name(path.name + ".json"))
        self._session = open_session(path, "a Piper voice", n_threads=options.n_threads)
        self._inputs = {each.name for each in self._session.get_inputs()}
        if not {"input", "input_lengths", "scales"} <= self._inputs:
            raise ModelLoadError(f"{path} is no Piper voice: its inputs are {', '.join(sorted(self._inputs))}")
        self._scales = (
            self._config.noise_scale if options.noise_scale is None else options.noise_scale,
            self._config.length_scale,
            self._config.noise_w if options.noise_w is None else options.noise_w,
        )
        self._espeak: EspeakLibrary = load_espeak_library()
        if self._config.espeak_voice not in self._espeak.languages:
            raise ModelLoadError(f"{path}: espeak has no voice {self._config.espeak_voice!r} for its phonemes")
        self._lock = threading.Lock()

    @property
    def sample_rate(self) -> int:
        """Rate of the frames, as the voice says."""
        return self._config.sample_rate

    @property
    def voices(self) -> tuple[str, ...]:
        """Names that `voice` accepts: the speakers; `default` where there is one."""
        return tuple(self._config.speakers) or ("default",)

    def synthesize(
        self, text: str, *, voice: str | None = None, language: str = "en", speed: float = 1.0
    ) -> Iterator[AudioFrame]:
        """Yield float32 mono frames of 40 ms, the last one of a sentence shorter; the arguments are checked at once."""
        if not MIN_SPEED <= speed <= MAX_SPEED:
            raise InvalidArgumentError(f"speed must be from {MIN_SPEED} to {MAX_SPEED}, got {speed}")
        if voice is not None and voice not in self.voices:
            raise InvalidArgumentError(f"unknown voice {voice!r}; this Piper voice has: {', '.join(self.voices[:20])}")
        spoken = self._config.espeak_voice.split("-")[0]
        if find_language(language, {spoken, self._config.espeak_voice}) is None:
            raise InvalidArgumentError(f"this Piper voice speaks {spoken!r}, not {language_name(language)}")
        speaker = self._config.speakers.get(voice or "", 0)
        clean = plain_text(text)
        return self._frames(clean if has_sound(clean) else "", speaker, speed)

    def _frames(self, text: str, speaker: int, speed: float) -> Iterator[AudioFrame]:
        n_frame = self.sample_rate * FRAME_MS // 1000
        n_yielded = 0
        for piece, _ in split_text(text):
            samples = self._speak(piece, speaker, speed)
            for start in range(0, len(samples), n_frame):
                frame = samples[start : start + n_frame]
                yield AudioFrame(frame, self.sample_rate, timestamp=n_yielded / self.sample_rate)
                n_yielded += len(frame)

    def _speak(self, text: str, speaker: int, speed: float) -> Any:
        phonemes = phonemes_of(text, self._espeak, self._config.espeak_voice)
        ids = np.array([phoneme_ids(phonemes, self._config.phoneme_ids)], np.int64)
        noise, length, noise_w = self._scales
        inputs: dict[str, Any] = {
            "input": ids,
            "input_lengths": np.array([ids.shape[1]], np.int64),
            "scales": np.array([noise, length / speed, noise_w], np.float32),
        }
        if "sid" in self._inputs:
            inputs["sid"] = np.array([speaker], np.int64)
        try:
            with self._lock:
                (wave, *_) = self._session.run(None, inputs)
        except Exception as error:  # onnxruntime's errors have no common base
            raise SpeechEngineError(f"the Piper voice failed on {len(text)} characters: {error}") from error
        samples = np.ascontiguousarray(np.asarray(wave, np.float32).reshape(-1))
        if not all(math.isfinite(edge) for edge in (samples.min(initial=0.0), samples.max(initial=0.0))):
            raise SpeechEngineError("the Piper voice gave samples that are not finite")
        return np.clip(samples, -1.0, _MAX_WAVE / 32768)
