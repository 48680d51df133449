"""Speech to text and text to speech: two protocols, and one adapter a file, imported when it is created."""

from __future__ import annotations

from typing import Any

from electron_local.speech.base import (
    RecognitionStream,
    SpeechToText,
    TextToSpeech,
    Transcript,
    Word,
    create_recognizer,
    create_synthesizer,
    register_recognizer,
    register_synthesizer,
)

__all__ = [
    "RecognitionStream",
    "SpeechToText",
    "TextToSpeech",
    "Transcript",
    "Word",
    "create_recognizer",
    "create_synthesizer",
    "register_recognizer",
    "register_synthesizer",
]


def _pocketsphinx(**options: Any) -> SpeechToText:
    from electron_local.speech.pocketsphinx import PocketsphinxOptions, PocketsphinxRecognizer

    return PocketsphinxRecognizer(options=PocketsphinxOptions(**options))


def _espeak(**options: Any) -> TextToSpeech:
    from electron_local.speech.espeak import EspeakSynthesizer

    return EspeakSynthesizer(**options)


register_recognizer("pocketsphinx", _pocketsphinx)
register_synthesizer("espeak", _espeak)
