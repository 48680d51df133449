"""The registry of speech engines, and what may be imported by it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from electron_local import speech
from electron_local.errors import InvalidArgumentError


class SilentRecognizer:
    def __init__(self, *, sample_rate=8000):
        self.sample_rate = sample_rate

    def stream(self, *, language="en"):
        raise NotImplementedError


def test_factory_gets_its_options(monkeypatch):
    monkeypatch.setattr("electron_local.speech.base._recognizers", {})
    speech.register_recognizer("silent", SilentRecognizer)
    recognizer = speech.create_recognizer("silent", sample_rate=16000)
    assert recognizer.sample_rate == 16000
    assert isinstance(recognizer, speech.SpeechToText)


def test_unknown_names_list_the_known_ones():
    with pytest.raises(InvalidArgumentError, match=r"unknown recogniser 'ears'; known: .*pocketsphinx"):
        speech.create_recognizer("ears")
    with pytest.raises(InvalidArgumentError, match=r"unknown synthesiser 'mouth'; known: .*espeak"):
        speech.create_synthesizer("mouth")


def test_engines_are_imported_late():
    code = (
        "import sys, electron_local.speech as s\n"
        "engines = {'pocketsphinx', 'espeakng_loader', 'electron_local.speech.pocketsphinx', "
        "'electron_local.speech.espeak'}\n"
        "print(sorted(engines & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("create", "package", "extra"),
    [
        (speech.create_recognizer, "pocketsphinx", "voice"),
        (speech.create_synthesizer, "espeakng_loader", "espeak"),
    ],
)
def test_missing_package_names_the_extra(monkeypatch, create, package, extra):
    from electron_local.errors import MissingDependencyError
    from electron_local.speech import espeak_library, sphinx_library

    monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.setattr(
        sphinx_library.importlib.util, "find_spec", lambda name: (_ for _ in ()).throw(ModuleNotFoundError(name))
    )
    espeak_library.load_espeak_library.cache_clear()
    sphinx_library.load_sphinx_library.cache_clear()
    with pytest.raises(MissingDependencyError, match=rf"electron-local\[{extra}\]"):
        create()
