"""What a pocketsphinx decoder is told to expect: a JSGF grammar, or more language models mixed with its own."""

from __future__ import annotations

import ctypes
import gzip
import os
import tempfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from electron_local.errors import InvalidArgumentError, ModelLoadError, SpeechEngineError
from electron_local.model_files import data_file
from electron_local.speech.phrase_model import phrase_model
from electron_local.speech.sphinx_library import SphinxDecoder, SphinxLibrary

_OPEN_FILES = Path("/proc/self/fd")
_AUTO_FORMAT = 0
_LANGUAGE_WEIGHT, _WORD_INSERTION_PROBABILITY = 6.5, 0.65  # the US-English model's own
_JSGF_HEADER = "#JSGF"


def decoder_with_grammar(library: SphinxLibrary, config: dict[str, Any], grammar: str | Path) -> SphinxDecoder:
    """A decoder that hears what the grammar allows and nothing else. `grammar`: JSGF text, or a file of it.

    Raises InvalidArgumentError for a grammar that is not JSGF or has words that the dictionary lacks.
    """
    text = str(grammar)
    if not text.lstrip().startswith(_JSGF_HEADER):
        try:
            text = Path(grammar).read_text(encoding="utf-8")
        except (OSError, ValueError) as error:
            raise InvalidArgumentError(f"the grammar is neither JSGF nor a file of it: {error}") from error
    with _file_of(text.encode()) as path:
        try:
            return SphinxDecoder(library, {**config, "lm": None, "jsgf": path})
        except SpeechEngineError as error:
            raise InvalidArgumentError(
                "pocketsphinx refused the grammar: it must be JSGF with a public rule, in words of the dictionary"
            ) from error


@dataclass(frozen=True)
class Part:
    """A model that is mixed into the open one: a file in ARPA's format, and its share, above 0 and below 1."""

    name: str
    arpa: bytes
    weight: float


def requests_part(weight: float) -> Part:
    """What people say to voice agents; see models/spoken-requests. Raises ModelLoadError when it is absent."""
    path = data_file("spoken-requests.arpa.gz", folder="spoken-requests")
    try:
        arpa = gzip.decompress(path.read_bytes())
    except (OSError, EOFError, zlib.error) as error:
        raise ModelLoadError(f"{path} is damaged: {error}") from error
    return Part("requests", arpa, weight)


def phrases_part(library: SphinxLibrary, phrases: tuple[str, ...], weight: float) -> Part:
    """These phrases. Raises InvalidArgumentError for words that the dictionary lacks."""
    words = dictionary_words(library.model_folder / "cmudict-en-us.dict")
    return Part("phrases", phrase_model(phrases, words).encode(), weight)


def mixed_decoder(library: SphinxLibrary, config: dict[str, Any], parts: Sequence[Part]) -> SphinxDecoder:
    """A decoder that hears anything, and what `parts` hold sooner. Each part takes its share of those before it."""
    decoder = SphinxDecoder(library, config)
    if not parts:
        return decoder
    functions = _declared(library)
    mixed = functions.ps_get_lm(decoder.handle, None)
    if not mixed:
        raise SpeechEngineError("pocketsphinx has no language model to mix others with")
    for part in parts:
        _mix(library, decoder, mixed, part)
    functions.ngram_model_set_interp(mixed, None, None)
    return decoder


def _mix(library: SphinxLibrary, decoder: SphinxDecoder, mixed: Any, part: Part) -> None:
    functions = _declared(library)
    mathematics, settings = functions.ps_get_logmath(decoder.handle), functions.ps_get_config(decoder.handle)
    with _file_of(part.arpa) as path:
        read = functions.ngram_model_read(settings, path.encode(), _AUTO_FORMAT, mathematics)
    if not read:
        raise SpeechEngineError(f"pocketsphinx refused the language model of {part.name}")
    functions.ngram_model_apply_weights(read, _LANGUAGE_WEIGHT, _WORD_INSERTION_PROBABILITY)
    # From here on the set owns the model; the decoder owns the set.
    if not functions.ngram_model_set_add(mixed, read, part.name.encode(), part.weight, 1):
        raise SpeechEngineError(f"pocketsphinx could not mix the language model of {part.name} with its own")


@contextmanager
def _file_of(content: bytes) -> Iterator[str]:
    """The path of a file that holds `content`, for as long as the block. Raises SpeechEngineError.

    It is in memory where the system can, as disks may be full or read-only.
    """
    if hasattr(os, "memfd_create") and _OPEN_FILES.is_dir():
        with os.fdopen(os.memfd_create("electron_local"), "wb") as file:
            file.write(content)
            file.flush()
            yield str(_OPEN_FILES / str(file.fileno()))
        return
    try:
        folder = tempfile.TemporaryDirectory()
        path = Path(folder.name) / "content"
        path.write_bytes(content)
    except OSError as error:
        raise SpeechEngineError(f"pocketsphinx reads a file that cannot be written: {error}") from error
    with folder:
        yield str(path)


@lru_cache(maxsize=1)
def dictionary_words(path: Path) -> frozenset[str]:
    """The words of a pronouncing dictionary."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return frozenset(line.split()[0].lower() for line in lines if line.strip())


@lru_cache(maxsize=1)
def _declared(library: SphinxLibrary) -> Any:
    pointer, text, number, real = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int, ctypes.c_float
    signatures: dict[str, tuple[Any, list[Any]]] = {
        "ps_get_lm": (pointer, [pointer, text]),
        "ps_get_config": (pointer, [pointer]),
        "ps_get_logmath": (pointer, [pointer]),
        "ngram_model_read": (pointer, [pointer, text, number, pointer]),
        "ngram_model_apply_weights": (number, [pointer, real, real]),
        "ngram_model_set_add": (pointer, [pointer, pointer, text, real, number]),
        "ngram_model_set_interp": (pointer, [pointer, pointer, pointer]),
    }
    for name, (restype, argtypes) in signatures.items():
        function = getattr(library.functions, name)
        function.restype, function.argtypes = restype, argtypes
    return library.functions
