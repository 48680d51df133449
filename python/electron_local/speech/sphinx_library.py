"""libpocketsphinx by `ctypes`, out of the extension module of the `pocketsphinx` package.

The package's own `Decoder` holds the GIL for as long as a search runs: 4 ms for 20 ms of audio, up to hundreds at the
end of an utterance. The same functions, which that module exports, release it when `ctypes` calls them.
"""

from __future__ import annotations

import ctypes
import importlib.util
import json
import logging
import math
import re
import weakref
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from electron_local.errors import MissingDependencyError, SpeechEngineError
from electron_local.speech.sphinx_channel import Cepstra

_FRAMES_PER_SECOND = 100
_FRAME = 160
_FRAMES_OF_MEAN, _MOST_FRAMES_OF_MEAN = 500, 800  # the library's CMN_WIN and CMN_WIN_HWM
_LOG_LEVEL = "ERROR"
_NATURAL = 1024 * math.log(1.0001)  # the search counts in logarithms to the base 1.0001, shifted by 10 bits
_PATHS_PER_TEXT = 10  # most differ in silences and pronunciations alone
_VARIANT = re.compile(r"\(\d+\)$")  # the second pronunciation of "to" is "to(2)"
_LogCallback = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p)
_logger = logging.getLogger(__name__)


class SphinxLibrary:
    """The C functions and the folder of the models. One a process; any thread."""

    def __init__(self, module_path: Path) -> None:
        self.model_folder = module_path.parent / "model" / "en-us"
        self.last_message = ""
        try:
            self.functions = ctypes.CDLL(str(module_path))
            self._declare()
        except (OSError, AttributeError) as error:
            raise SpeechEngineError(f"{module_path} does not export libpocketsphinx: {error}") from error
        self._callback = _LogCallback(self._log)  # the library keeps the pointer: it lives as long as this
        self.functions.err_set_callback(self._callback, None)

    def _log(self, _user_data: int | None, _level: int, message: bytes | None) -> None:
        # Called from inside the library: nothing may be raised. Its "errors" are ordinary for noise, hence DEBUG.
        self.last_message = (message or b"").decode("utf-8", "replace").strip()
        _logger.debug("%s", self.last_message)

    def _declare(self) -> None:
        pointer, text, number = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
        signatures: dict[str, tuple[Any, list[Any]]] = {
            "err_set_callback": (None, [_LogCallback, pointer]),
            "ps_config_parse_json": (pointer, [pointer, text]),
            "ps_config_free": (number, [pointer]),
            "ps_init": (pointer, [pointer]),
            "ps_free": (number, [pointer]),
            "ps_start_utt": (number, [pointer]),
            "ps_end_utt": (number, [pointer]),
            "ps_process_raw": (number, [pointer, pointer, ctypes.c_size_t, number, number]),
            "ps_get_hyp": (text, [pointer, pointer]),
            "ps_get_cmn": (text, [pointer, number]),
            "ps_set_cmn": (number, [pointer, text]),
            "ps_seg_iter": (pointer, [pointer]),
            "ps_seg_next": (pointer, [pointer]),
            "ps_seg_word": (text, [pointer]),
            "ps_nbest": (pointer, [pointer]),
            "ps_nbest_next": (pointer, [pointer]),
            "ps_nbest_hyp": (text, [pointer, ctypes.POINTER(number)]),
            "ps_nbest_free": (None, [pointer]),
            "ps_seg_frames": (None, [pointer, ctypes.POINTER(number), ctypes.POINTER(number)]),
        }
        for name, (restype, argtypes) in signatures.items():
            function = getattr(self.functions, name)
            function.restype, function.argtypes = restype, argtypes


class SphinxDecoder:
    """One `ps_decoder_t`: one utterance at a time, one thread at a time. About 0.2 s and 91 MB to make.

    Args:
        library: the loaded functions.
        config: options of pocketsphinx by name (`fwdflat`, `bestpath`, `beam`, …), over the US-English model; None
            takes one away.

    Raises:
        SpeechEngineError: the library refuses the options or the models.
    """

    def __init__(self, library: SphinxLibrary, config: dict[str, Any]) -> None:
        self._library = library
        self._functions = library.functions
        self._mean_before: tuple[float, ...] = ()
        self._n_samples = 0
        self._sounding_frames: set[int] = set()
        folder = library.model_folder
        settings = {
            "hmm": str(folder / "en-us"),
            "lm": str(folder / "en-us.lm.bin"),
            "dict": str(folder / "cmudict-en-us.dict"),
            "loglevel": _LOG_LEVEL,
            **config,
        }
        given = {name: value for name, value in settings.items() if value is not None}
        parsed = self._functions.ps_config_parse_json(None, json.dumps(given, ensure_ascii=False).encode())
        if not parsed:
            raise SpeechEngineError(f"pocketsphinx refused its options {config}: {library.last_message}")
        self.handle = self._functions.ps_init(parsed)
        self._functions.ps_config_free(parsed)
        if not self.handle:
            raise SpeechEngineError(f"pocketsphinx could not load its models from {folder}: {library.last_message}")
        weakref.finalize(self, self._functions.ps_free, self.handle).atexit = False

    def start(self) -> None:
        """Begin an utterance."""
        self._check("ps_start_utt", self._functions.ps_start_utt(self.handle))

    def process(self, samples: npt.NDArray[np.int16]) -> None:
        """Search through 16 kHz samples; int16, 1-D, contiguous."""
        n_frames = self._functions.ps_process_raw(self.handle, samples.ctypes.data, len(samples), 0, 0)
        self._check("ps_process_raw", n_frames)
        self._sounding_frames.update(np.unique((np.flatnonzero(samples) + self._n_samples) // _FRAME).tolist())
        self._n_samples += len(samples)

    def end(self) -> None:
        """End the utterance: flush, then the second and third passes if they are on."""
        self._check("ps_end_utt", self._functions.ps_end_utt(self.handle))

    def hypothesis(self) -> str:
        """The words so far, in lower case; empty when there are none."""
        found = self._functions.ps_get_hyp(self.handle, None)
        return found.decode().lower() if found else ""

    def segments(self) -> list[tuple[str, float, float]]:
        """(word, start, end) of the words so far, in seconds; silences and noises are left out."""
        found = []
        first, last = ctypes.c_int(), ctypes.c_int()
        segment = self._functions.ps_seg_iter(self.handle)
        while segment:
            word = self._functions.ps_seg_word(segment).decode()
            self._functions.ps_seg_frames(segment, ctypes.byref(first), ctypes.byref(last))
            if not word.startswith(("<", "[", "+")):
                times = (first.value / _FRAMES_PER_SECOND, (last.value + 1) / _FRAMES_PER_SECOND)
                found.append((_VARIANT.sub("", word).lower(), *times))
            segment = self._functions.ps_seg_next(segment)  # frees the segment, and ends with null
        return found

    def alternatives(self, n_most: int) -> dict[str, float]:
        """Different texts of the utterance that has ended, at most `n_most`, roughly best first; empty: not known.

        Each has the logarithm of its score by sound and language model. The paths through the lattice that hold these
        texts are others than that of `segments`, whose text may be missing.
        """
        found: dict[str, float] = {}
        score = ctypes.c_int()
        path = self._functions.ps_nbest(self.handle)
        for _ in range(_PATHS_PER_TEXT * n_most):
            if not path or len(found) == n_most:
                break
            path = self._functions.ps_nbest_next(path)  # frees the search, and ends with null
            words = self._functions.ps_nbest_hyp(path, ctypes.byref(score)) if path else None
            if words:
                text = " ".join(_VARIANT.sub("", word) for word in words.decode().lower().split())
                found.setdefault(text, score.value * _NATURAL)
        if path:
            self._functions.ps_nbest_free(path)
        return found

    def normalize_by(self, mean: Sequence[float]) -> None:
        """Subtract this mean from the cepstra that follow: 13 numbers, the loudness first. Every utterance needs it."""
        text = ",".join(f"{coefficient:.6g}" for coefficient in mean)
        self._check("ps_set_cmn", self._functions.ps_set_cmn(self.handle, text.encode()))
        self._mean_before = tuple(mean)
        self._n_samples = 0
        self._sounding_frames.clear()

    def cepstra(self) -> Cepstra:
        """Those since `normalize_by`, but for digital silence. Asking mixes them into the mean that is subtracted."""
        mixed = [float(number) for number in self._functions.ps_get_cmn(self.handle, 1).decode().split(",")]
        n_frames = len(self._sounding_frames)
        part = _part_of_mean_before(max(1, n_frames))
        mean = tuple((both - part * old) / (1.0 - part) for both, old in zip(mixed, self._mean_before, strict=True))
        return Cepstra(mean, n_frames)

    def _check(self, function: str, status: int) -> None:
        if status < 0:
            raise SpeechEngineError(f"{function} failed with {status}: {self._library.last_message}")


def _part_of_mean_before(n_frames: int) -> float:
    """How much of the library's mean, after so many frames of an utterance, is the mean that was set before it.

    That one counts as 500 frames; when it is of 800, the library lets all of them count as 500 again.

    >>> [round(_part_of_mean_before(n), 2) for n in (1, 100, 300, 600)]
    [1.0, 0.83, 0.62, 0.39]
    """
    before, n = float(_FRAMES_OF_MEAN), _FRAMES_OF_MEAN
    for _ in range(n_frames):
        n += 1
        if n > _MOST_FRAMES_OF_MEAN:
            before, n = before * _FRAMES_OF_MEAN / n, _FRAMES_OF_MEAN
    return before / n


@lru_cache(maxsize=1)
def load_sphinx_library() -> SphinxLibrary:
    """Load the library once. Raises MissingDependencyError without the `voice` extra."""
    try:
        spec = importlib.util.find_spec("pocketsphinx._pocketsphinx")
    except ModuleNotFoundError:
        spec = None
    if spec is None or spec.origin is None:
        raise MissingDependencyError(
            'recognition with pocketsphinx needs the package pocketsphinx: pip install "electron-local[voice]"'
        )
    return SphinxLibrary(Path(spec.origin))
