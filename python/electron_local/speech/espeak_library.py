"""libespeak-ng by `ctypes`, out of the `espeakng-loader` package.

The library is GPL-3 and is loaded at run time, only when asked for. Its state (voice, rate, pitch) belongs to the
process, not to a synthesiser: `EspeakLibrary` exists once and takes its lock for one short piece of text at a time.
"""

from __future__ import annotations

import ctypes
import threading
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from electron_local.errors import InvalidArgumentError, MissingDependencyError, SpeechEngineError
from electron_local.speech.voices import Manner

_AUDIO_OUTPUT_SYNCHRONOUS = 2
_INITIALIZE_DONT_EXIT = 0x8000
_BUFFER_MS = 60
_CHARS_UTF8 = 1
_END_PAUSE = 0x1000
_IPA = 0x02
_RATE, _VOLUME, _PITCH, _RANGE = 1, 2, 3, 4
_FULL_VOLUME = 100
_MAX_DATA_PATH = 159  # bytes; the library's own buffer for it holds 160


class _VoiceRecord(ctypes.Structure):
    """`espeak_VOICE`. `languages` is a list of (priority byte, NUL-terminated code), ended by a zero byte."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("languages", ctypes.c_void_p),
        ("identifier", ctypes.c_char_p),
        ("gender", ctypes.c_ubyte),
        ("age", ctypes.c_ubyte),
        ("variant", ctypes.c_ubyte),
        ("reserved", ctypes.c_ubyte),
        ("score", ctypes.c_int),
        ("spare", ctypes.c_void_p),
    )


_SynthCallback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


class EspeakLibrary:
    """The one libespeak-ng of this process. Any thread may call; calls take turns.

    Attributes: `sample_rate` in Hz; `languages`, a dict from language code to the library's voice file.
    """

    def __init__(self, library_path: str, data_path: str) -> None:
        if len(data_path.encode()) > _MAX_DATA_PATH:
            raise SpeechEngineError(
                f"the path of espeak's data has {len(data_path.encode())} bytes, the library takes at most "
                f"{_MAX_DATA_PATH}: install espeakng-loader in a shorter path than {data_path}"
            )
        self._lock = threading.Lock()
        self._chunks: list[npt.NDArray[np.int16]] = []
        try:
            self._lib = ctypes.CDLL(library_path)
        except OSError as error:
            raise SpeechEngineError(f"cannot load libespeak-ng: {error}") from error
        self._declare()
        rate = self._lib.espeak_Initialize(
            _AUDIO_OUTPUT_SYNCHRONOUS, _BUFFER_MS, data_path.encode(), _INITIALIZE_DONT_EXIT
        )
        if rate < 1:
            raise SpeechEngineError(f"espeak_Initialize failed with {rate} on {data_path}")
        self.sample_rate: int = rate
        self._callback = _SynthCallback(self._collect)  # the library keeps the pointer: it lives as long as this
        self._lib.espeak_SetSynthCallback(self._callback)
        self.languages = self._list_languages(Path(data_path))

    def speak(self, text: str, manner: Manner, *, end_pause: bool) -> npt.NDArray[np.int16]:
        """Synthesise one piece and return its samples; plain text, no SSML and no phoneme markup.

        `end_pause` adds the pause that follows a sentence. Raises SpeechEngineError when the library refuses.
        """
        encoded = text.encode("utf-8", "replace")
        flags = _CHARS_UTF8 | (_END_PAUSE if end_pause else 0)
        with self._lock:
            self._select(manner)
            self._chunks = []
            status = self._lib.espeak_Synth(encoded, len(encoded) + 1, 0, 1, 0, flags, None, None)
            chunks, self._chunks = self._chunks, []
        if status != 0:
            raise SpeechEngineError(f"espeak_Synth failed with {status} on {len(text)} characters")
        return np.concatenate(chunks) if chunks else np.zeros(0, np.int16)

    def phonemes(self, text: str, language: str) -> str:
        """The IPA of a text, clauses joined by spaces; `language` is a code of `languages`."""
        encoded = ctypes.create_string_buffer(text.encode("utf-8", "replace"))
        position = ctypes.c_void_p(ctypes.addressof(encoded))
        clauses = []
        with self._lock:
            self._select(Manner(self.languages[language]))
            while position.value:
                found = self._lib.espeak_TextToPhonemes(ctypes.byref(position), _CHARS_UTF8, _IPA)
                clauses.append((found or b"").decode("utf-8", "replace"))
        return " ".join(clause for clause in clauses if clause)

    def _select(self, manner: Manner) -> None:
        status = self._lib.espeak_SetVoiceByName(manner.voice.encode())
        if status != 0:
            raise SpeechEngineError(f"espeak has no voice {manner.voice!r}: espeak_SetVoiceByName gave {status}")
        settings = {_RATE: manner.rate_wpm, _VOLUME: _FULL_VOLUME, _PITCH: manner.pitch, _RANGE: manner.pitch_range}
        for parameter, value in settings.items():
            if self._lib.espeak_SetParameter(parameter, value, 0) != 0:
                raise InvalidArgumentError(f"espeak refused parameter {parameter} = {value}")

    def _collect(self, samples: ctypes._Pointer[ctypes.c_short], n_samples: int, _events: int | None) -> int:
        # Runs in the thread that called speak(), inside espeak_Synth: nothing may be raised from here.
        if n_samples > 0 and samples:
            self._chunks.append(np.ctypeslib.as_array(samples, (n_samples,)).astype(np.int16))
        return 0

    def _list_languages(self, data: Path) -> dict[str, str]:
        languages: dict[str, tuple[int, str]] = {}
        records = self._lib.espeak_ListVoices(None)
        index = 0
        while records[index]:
            record = records[index].contents
            index += 1
            identifier = record.identifier.decode()
            if identifier.startswith(("mb/", "!v/")):  # MBROLA voices need data that is not here
                continue
            if not _has_dictionary(data, identifier):  # it would be silent
                continue
            for priority, code in _language_codes(record.languages):
                if code not in languages or priority < languages[code][0]:
                    languages[code] = (priority, identifier)
        return {code: identifier for code, (_, identifier) in sorted(languages.items())}

    def _declare(self) -> None:
        lib, text, number = self._lib, ctypes.c_char_p, ctypes.c_int
        lib.espeak_Initialize.argtypes = [number, number, text, number]
        lib.espeak_SetSynthCallback.argtypes = [_SynthCallback]
        lib.espeak_SetSynthCallback.restype = None
        lib.espeak_SetVoiceByName.argtypes = [text]
        lib.espeak_SetParameter.argtypes = [number, number, number]
        lib.espeak_TextToPhonemes.argtypes = [ctypes.POINTER(ctypes.c_void_p), number, number]
        lib.espeak_TextToPhonemes.restype = text
        lib.espeak_ListVoices.argtypes = [ctypes.c_void_p]
        lib.espeak_ListVoices.restype = ctypes.POINTER(ctypes.POINTER(_VoiceRecord))
        lib.espeak_Synth.argtypes = [
            text, ctypes.c_size_t, ctypes.c_uint, number, ctypes.c_uint, ctypes.c_uint, ctypes.c_void_p, ctypes.c_void_p
        ]  # fmt: skip


def _has_dictionary(data: Path, identifier: str) -> bool:
    """Whether the words of a voice file's language are there: of that which the file names, or of the first it has."""
    file, named = data / "lang" / identifier, dict[str, str]()
    if not file.is_file():
        return True
    for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
        key, _, value = line.partition(" ")
        named.setdefault(key, value.split()[0] if value.split() else "")
    name = named.get("dictionary") or named.get("language", "").partition("-")[0]
    return (data / f"{name}_dict").is_file()


def _language_codes(address: int) -> list[tuple[int, str]]:
    codes = []
    while address and (priority := ctypes.c_ubyte.from_address(address).value):
        code = ctypes.string_at(address + 1)
        codes.append((priority, code.decode().lower()))
        address += 1 + len(code) + 1
    return codes


@lru_cache(maxsize=1)
def load_espeak_library() -> EspeakLibrary:
    """Load the library once. Raises MissingDependencyError without the `espeak` extra."""
    try:
        import espeakng_loader
    except ImportError as error:
        raise MissingDependencyError(
            "speech synthesis with espeak needs the package espeakng-loader (GPL-3): "
            'pip install "electron-local[espeak]"'
        ) from error
    return EspeakLibrary(espeakng_loader.get_library_path(), espeakng_loader.get_data_path())
