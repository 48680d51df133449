"""What a pocketsphinx decoder is told to expect: a JSGF grammar, or phrases mixed into its language model."""

from __future__ import annotations

import ctypes
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Any

from electron_local.errors import InvalidArgumentError, SpeechEngineError
from electron_local.speech.phrase_model import phrase_model
from electron_local.speech.sphinx_library import SphinxDecoder, SphinxLibrary

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
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "grammar.gram"
        path.write_text(text, encoding="utf-8")
        try:
            return SphinxDecoder(library, {**config, "lm": None, "jsgf": str(path)})
        except SpeechEngineError as error:
            raise InvalidArgumentError(
                "pocketsphinx refused the grammar: it must be JSGF with a public rule, in words of the dictionary"
            ) from error


def decoder_with_phrases(
    library: SphinxLibrary, config: dict[str, Any], phrases: tuple[str, ...], weight: float
) -> SphinxDecoder:
    """A decoder that hears anything, and these phrases sooner. `weight`: their part of the mixed model, 0 to 1.

    Raises InvalidArgumentError for words that the dictionary lacks.
    """
    model = phrase_model(phrases, dictionary_words(library.model_folder / "cmudict-en-us.dict"))
    decoder = SphinxDecoder(library, config)
    functions = _declared(library)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "phrases.arpa"
        path.write_text(model, encoding="utf-8")
        handle = decoder.handle
        mixed = functions.ps_get_lm(handle, None)
        mathematics, settings = functions.ps_get_logmath(handle), functions.ps_get_config(handle)
        read = functions.ngram_model_read(settings, str(path).encode(), _AUTO_FORMAT, mathematics)
        if not mixed or not read:
            raise SpeechEngineError(f"pocketsphinx refused a language model of {len(phrases)} phrases")
    functions.ngram_model_apply_weights(read, _LANGUAGE_WEIGHT, _WORD_INSERTION_PROBABILITY)
    # From here on the set owns the model; the decoder owns the set.
    if not functions.ngram_model_set_add(mixed, read, b"phrases", weight, 1):
        raise SpeechEngineError("pocketsphinx could not mix two language models")
    functions.ngram_model_set_interp(mixed, None, None)
    return decoder


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
