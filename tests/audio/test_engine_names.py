"""Engines by name, by `NAME:MODEL`, and out of Python functions."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import numpy as np
import pytest

from electron_local.audio_api.path import MAX_TRANSCRIPTIONS, AudioPath
from electron_local.chat.completions import ChatPath
from electron_local.errors import InvalidArgumentError, ModelLoadError, SpeechEngineError
from electron_local.server import create_app
from electron_local.server.options import ServerOptions
from electron_local.speech import base, create_recognizer, create_synthesizer
from electron_local.speech.callables import CallableRecognizer, CallableSynthesizer
from electron_local.speech.engines import SpeechEngines
from electron_local.speech.piper_phonemes import phonemes_of
from fakes import FakeEngine

SILENCE = np.zeros(320, np.float32)


def beep(text, **_):
    return (SILENCE for _ in text)


@pytest.fixture
def own_engines(monkeypatch):
    module = SimpleNamespace(
        mouth=lambda: CallableSynthesizer(beep, sample_rate=8000),
        ears=lambda: CallableRecognizer(lambda samples, language: language, sample_rate=8000),
        nothing=lambda: None,
    )
    monkeypatch.setitem(sys.modules, "own_engines", module)


def test_python_functions_by_name(own_engines):
    mouth = create_synthesizer("python:own_engines:mouth")
    assert [frame.duration_ms for frame in mouth.synthesize("hi")] == [40.0, 40.0]
    stream = create_recognizer("python:own_engines:ears").stream(language="de")
    stream.feed(SILENCE)
    assert stream.finish().text == "de"
    for place in ("own_engines:nothing", "own_engines:nowhere", "no_such_module:f", "own_engines", ""):
        with pytest.raises(InvalidArgumentError):
            create_synthesizer(f"python:{place}")


def test_functions_that_give_the_wrong_thing():
    with pytest.raises(SpeechEngineError, match="it gave float64"):
        list(CallableSynthesizer(lambda *_, **__: np.zeros(3), sample_rate=8000).synthesize("a"))
    with pytest.raises(SpeechEngineError, match="it gave a int"):
        list(CallableSynthesizer(lambda *_, **__: [5], sample_rate=8000).synthesize("a"))
    stream = CallableRecognizer(lambda *_, **__: None).stream()
    stream.feed(SILENCE)
    with pytest.raises(SpeechEngineError, match="it gave a NoneType"):
        stream.finish()


@pytest.mark.parametrize("spec", ["onnx-asr", "sherpa"])
def test_engines_that_need_weights_say_so(spec):
    with pytest.raises((InvalidArgumentError, ModelLoadError), match=f"{spec} needs weights: name them as {spec}:PATH"):
        create_recognizer(spec)
    with pytest.raises(ModelLoadError, match="neither a file or folder nor the name of a model"):
        create_recognizer(f"{spec}:no-such-thing")


def test_bad_names_and_options():
    for create, spec in ((create_recognizer, "ears:x"), (create_synthesizer, "mouth")):
        with pytest.raises(InvalidArgumentError, match="unknown"):
            create(spec)
    with pytest.raises(InvalidArgumentError, match="there is no option colour; there are: model, kind"):
        create_recognizer("onnx-asr", colour="red")
    with pytest.raises(InvalidArgumentError, match="espeak: got an unexpected keyword argument 'model'"):
        create_synthesizer("espeak:large")


def test_engines_are_made_once_and_late():
    made = []
    engines = SpeechEngines(text_to_speech=CallableSynthesizer(beep, sample_rate=8000))
    assert engines.synthesizer is engines.synthesizer
    assert SpeechEngines("ears")._speech_to_text == "ears"
    with pytest.raises(InvalidArgumentError, match="unknown recogniser 'ears'"):
        _ = SpeechEngines("ears").recognizer
    assert made == []


def test_the_default_recogniser_has_room_for_all_users(monkeypatch):
    monkeypatch.setitem(base._recognizers, "pocketsphinx", lambda **options: options)
    engines = SpeechEngines()
    create_app(ChatPath(FakeEngine()), ServerOptions(max_sessions=6), audio=AudioPath(engines))
    assert engines.recognizer == {"adapt": False, "max_streams": 6 + MAX_TRANSCRIPTIONS}


class Spelled:
    def phonemes(self, text, language):
        return text.upper()


def test_clauses_keep_their_marks():
    assert phonemes_of("One, two... three!", Spelled(), "en") == "ONE, TWO. THREE!"
    assert phonemes_of("你好。再见", Spelled(), "zh") == "你好。再见"
    assert phonemes_of("...", Spelled(), "en") in ("", "..", "...")
