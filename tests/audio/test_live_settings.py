"""Settings of speech for text that comes in pieces: they hold until a message changes them."""

from __future__ import annotations

import contextlib

import pytest
from audio_fakes import CountingRecognizer, ToneSynthesizer

from electron_local.audio_api.live_speech import LiveText, Said
from electron_local.audio_api.path import AudioPath
from electron_local.errors import BadRequestError
from electron_local.speech.engines import SpeechEngines

QUINN = {"voice_id": "quinn", "output_format": "ulaw", "sample_rate": 8000, "speed": 1.5}


def settings_of(request):
    return {
        "voice_id": request.voice,
        "output_format": request.audio_format,
        "sample_rate": request.sample_rate,
        "speed": request.speed,
    }


@pytest.mark.parametrize("later", [{}, {"text": ""}, {"text": None, "voice_id": None, "sample_rate": None}])
def test_a_message_without_settings_changes_none(later):
    live = LiveText()
    assert live.take({**QUINN, "text": "How are", "continue": True}).request is None
    said = live.take({**later, "flush": True})
    assert (said.request.text, settings_of(said.request), said.request.then) == ("How are", QUINN, None)
    assert settings_of(live.take({"text": "And then"}).request) == QUINN
    assert settings_of(live.take({"text": "And then", "speed": 1.0}).request) == {**QUINN, "speed": 1.0}


def test_each_text_keeps_its_settings():
    live = LiveText()
    live.take({**QUINN, "text": "How are", "continue": True})
    live.take({"voice_id": "wren", "text": " you? I", "continue": True})
    last = live.take({"text": " am well.", "flush": True})
    assert (last.request.text, last.request.voice, last.request.then) == ("I am well.", "wren", None)


def test_a_sentence_of_two_voices():
    live = LiveText()
    live.take({**QUINN, "text": "How are", "continue": True})
    first = live.take({"voice_id": "wren", "text": " you? I", "continue": True}).request
    assert (first.text, first.voice, first.then.text, first.then.voice) == ("How are", "quinn", "you?", "wren")
    synthesizer = ToneSynthesizer()
    path = AudioPath(SpeechEngines(CountingRecognizer(), synthesizer))
    assert len(b"".join(path.speak(first))) == (7 + 4) * 80  # 10 ms a character at 8 kHz in mu-law
    assert [(call["text"], call["voice"]) for call in synthesizer.calls] == [("How are", "quinn"), ("you?", "wren")]
    path.close()


def test_many_changes_are_no_deep_nest():
    live = LiveText()
    for index in range(3000):
        live.take({"text": "a", "voice_id": ("wren", "quinn")[index % 2], "sample_rate": 8000, "continue": True})
    path = AudioPath(SpeechEngines(CountingRecognizer(), ToneSynthesizer()))
    assert len(b"".join(path.speak(live.flush().request))) == 3000 * 160
    path.close()


def test_the_synthesiser_is_asked_once_for_each_manner():
    asked = []
    live = LiveText(asked.append)
    for message in (QUINN, {}, {"speed": 1.0}, {"speed": 1.0}, {"voice_id": "wren", "speed": 9}, {"flush": True}):
        with contextlib.suppress(BadRequestError):
            live.take({"text": "Hello", "continue": True, **message})
    assert [settings_of(request) for request in asked] == [QUINN, {**QUINN, "speed": 1.0}]


@pytest.mark.parametrize("bad", [{"voice_id": "bob"}, {"language": "de"}, {"voice_id": "bob", "language": "de"}])
def test_what_the_synthesiser_refuses_changes_nothing(bad):
    path = AudioPath(SpeechEngines(CountingRecognizer(), ToneSynthesizer()))
    live = LiveText(path.check_synthesizer)
    for message in ({"text": "One", "continue": True}, {**QUINN, "text": " two", "continue": True}):
        with pytest.raises(BadRequestError):
            live.take({**message, **bad})
        live.take(message)
    said = live.take({"text": " three.", "flush": True}).request
    assert (said.text, said.then.text, said.language) == ("One", "two three.", "en")
    assert settings_of(said.then) == QUINN
    path.close()


@pytest.mark.parametrize("last", [{"text": "", "continue": False}, {"continue": False}, {"text": " "}])
@pytest.mark.parametrize("text", ["你好。", "Hello there."])
def test_a_text_may_end_when_all_of_it_was_spoken(text, last):
    live = LiveText()
    live.take({"text": text, "continue": True})
    live.flush()
    assert live.take(last) == live.take(last) == Said(None, is_last=True)
    assert live.take({"text": "More."}).request.text == "More."


def test_a_bad_message_changes_nothing():
    live = LiveText()
    live.take({**QUINN, "text": "Hello", "continue": True})
    for bad in ({"voice_id": "wren", "speed": 9}, {"voice_id": "wren", "text": "x" * 9_999, "continue": True}):
        with pytest.raises(BadRequestError):
            live.take(bad)
    assert settings_of(live.take({"flush": True}).request) == QUINN
