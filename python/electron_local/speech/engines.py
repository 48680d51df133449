"""The recogniser and the synthesiser that several users share, made when first asked for."""

from __future__ import annotations

import threading
from typing import Any

from electron_local.speech.base import (
    DEFAULT_RECOGNIZER,
    DEFAULT_SYNTHESIZER,
    SpeechToText,
    TextToSpeech,
    create_recognizer,
    create_synthesizer,
)


class SpeechEngines:
    """Ears and mouth of one process. Any thread; each engine is made once, by the first who asks.

    Args:
        speech_to_text: a recogniser, or what `create_recognizer` takes: a name, or `NAME:MODEL`.
        text_to_speech: a synthesiser, or what `create_synthesizer` takes.

    `max_streams`: utterances that users may have open at once; pocketsphinx has no more, alone or in an ensemble. It
    counts until the recogniser is made.

    >>> engines = SpeechEngines()
    >>> engines.synthesizer is engines.synthesizer
    True
    """

    def __init__(
        self,
        speech_to_text: str | SpeechToText | None = None,
        text_to_speech: str | TextToSpeech | None = None,
    ) -> None:
        self._speech_to_text = speech_to_text or DEFAULT_RECOGNIZER
        self._text_to_speech = text_to_speech or DEFAULT_SYNTHESIZER
        self._lock = threading.Lock()
        self.max_streams = 4

    @property
    def recognizer(self) -> SpeechToText:
        """The recogniser. Raises what `create_recognizer` raises."""
        with self._lock:
            if isinstance(self._speech_to_text, str):
                # Users differ from one utterance to the next: what one sounds like must not colour another's words.
                has_default = self._speech_to_text in (DEFAULT_RECOGNIZER, "ensemble")
                options: dict[str, Any] = {"adapt": False, "max_streams": self.max_streams} if has_default else {}
                self._speech_to_text = create_recognizer(self._speech_to_text, **options)
            return self._speech_to_text

    @property
    def synthesizer(self) -> TextToSpeech:
        """The synthesiser. Raises what `create_synthesizer` raises."""
        with self._lock:
            if isinstance(self._text_to_speech, str):
                self._text_to_speech = create_synthesizer(self._text_to_speech)
            return self._text_to_speech
