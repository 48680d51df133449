"""Speech to text, text to speech, the end of a turn: a protocol each, one adapter a file, imported when it is created.

Recognisers by name: `pocketsphinx`, `moonshine`, `moonshine:MODEL`, `onnx-asr:MODEL`, `sherpa:MODEL`,
`python:MODULE:FUNCTION`; `ensemble` is moonshine and pocketsphinx together, `ensemble:NAME+NAME` others. Synthesisers:
`espeak`, `piper:MODEL`, `sherpa:MODEL`, `python:MODULE:FUNCTION`. Models that hear the end of a turn:
`smart-turn:MODEL`. MODEL is a path, or the name of a model added to this machine.
"""

from __future__ import annotations

from typing import Any

from electron_local.speech.base import (
    EndOfTurnModel,
    RecognitionStream,
    SpeechToText,
    TextToSpeech,
    Transcript,
    Word,
    create_end_of_turn_model,
    create_recognizer,
    create_synthesizer,
    register_end_of_turn_model,
    register_recognizer,
    register_synthesizer,
)

__all__ = [
    "EndOfTurnModel",
    "RecognitionStream",
    "SpeechToText",
    "TextToSpeech",
    "Transcript",
    "Word",
    "create_end_of_turn_model",
    "create_recognizer",
    "create_synthesizer",
    "register_end_of_turn_model",
    "register_recognizer",
    "register_synthesizer",
]


def _pocketsphinx(**options: Any) -> SpeechToText:
    from electron_local.speech.pocketsphinx import PocketsphinxOptions, PocketsphinxRecognizer

    return PocketsphinxRecognizer(options=known_options(PocketsphinxOptions, options))


def _espeak(*, voice: str = "wren") -> TextToSpeech:
    from electron_local.speech.espeak import EspeakSynthesizer

    return EspeakSynthesizer(voice=voice)


def _moonshine(**options: Any) -> SpeechToText:
    from electron_local.speech.moonshine import MoonshineOptions, MoonshineRecognizer

    return MoonshineRecognizer(known_options(MoonshineOptions, options))


def _ensemble(*, model: str = "moonshine+pocketsphinx", **pocketsphinx_options: Any) -> SpeechToText:
    """`model`: names of recognisers with their models, `+` between them."""
    from electron_local.speech.ensemble import EnsembleRecognizer

    # Partials, which cost a neural engine much, are left to pocketsphinx.
    options = {"pocketsphinx": pocketsphinx_options, "moonshine": {"partial_s": 0.0}}
    members = [name.strip() for name in model.split("+")]
    return EnsembleRecognizer([create_recognizer(name, **options.get(name.partition(":")[0], {})) for name in members])


def _onnx_asr(**options: Any) -> SpeechToText:
    from electron_local.speech.onnx_recognizer import OnnxAsrOptions, OnnxAsrRecognizer

    return OnnxAsrRecognizer(known_options(OnnxAsrOptions, options))


def _sherpa_recognizer(**options: Any) -> SpeechToText:
    from electron_local.speech.sherpa_recognizer import SherpaOptions, SherpaRecognizer

    return SherpaRecognizer(known_options(SherpaOptions, options))


def _sherpa_synthesizer(**options: Any) -> TextToSpeech:
    from electron_local.speech.sherpa_synthesizer import SherpaSynthesizer, SherpaVoiceOptions

    return SherpaSynthesizer(known_options(SherpaVoiceOptions, options))


def _piper(**options: Any) -> TextToSpeech:
    from electron_local.speech.piper import PiperOptions, PiperSynthesizer

    return PiperSynthesizer(known_options(PiperOptions, options))


def _smart_turn(*, model: str | None = None, n_threads: int = 1) -> EndOfTurnModel:
    from electron_local.speech.smart_turn import SmartTurn

    return SmartTurn(model, n_threads=n_threads)


def _python_recognizer(*, model: str) -> SpeechToText:
    from electron_local.speech.callables import load_recognizer

    return load_recognizer(model)


def _python_synthesizer(*, model: str) -> TextToSpeech:
    from electron_local.speech.callables import load_synthesizer

    return load_synthesizer(model)


def known_options(kind: Any, options: dict[str, Any]) -> Any:
    """A dataclass of `options`. Raises InvalidArgumentError for one that it does not have."""
    from electron_local.errors import InvalidArgumentError

    unknown = options.keys() - kind.__dataclass_fields__.keys()
    if unknown:
        known = ", ".join(kind.__dataclass_fields__)
        raise InvalidArgumentError(f"there is no option {', '.join(sorted(unknown))}; there are: {known}")
    return kind(**options)


register_recognizer("pocketsphinx", _pocketsphinx)
register_recognizer("moonshine", _moonshine)
register_recognizer("ensemble", _ensemble)
register_recognizer("onnx-asr", _onnx_asr)
register_recognizer("sherpa", _sherpa_recognizer)
register_recognizer("python", _python_recognizer)
register_synthesizer("espeak", _espeak)
register_synthesizer("piper", _piper)
register_synthesizer("sherpa", _sherpa_synthesizer)
register_synthesizer("python", _python_synthesizer)
register_end_of_turn_model("smart-turn", _smart_turn)
