"""The `espeak` synthesiser: small, instant, robotic, and over a hundred languages.

It runs libespeak-ng in this process. That library is GPL-3: a program that ships it takes on the licence's terms.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

import numpy as np

from electron_local.audio.codec import int16_to_float32
from electron_local.audio.frame import AudioFrame
from electron_local.errors import InvalidArgumentError
from electron_local.speech.espeak_library import EspeakLibrary, load_espeak_library
from electron_local.speech.languages import find_language, language_name
from electron_local.speech.voices import VOICES, Manner

DEFAULT_VOICE = "wren"
FRAME_MS = 40
MIN_SPEED, MAX_SPEED = 0.5, 2.0

# `en` alone means the accent of the recogniser and of the demo.
_ACCENTS = {"en": "en-us"}
# Control characters carry espeak's embedded commands; private-use ones stand for its internal symbols.
_UNSPEAKABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ue000-\uf8ff]")
# Up to the first sentence end after 120 characters; failing that, up to the last space before 400.
_PIECE = re.compile(r"\s*(?:(.{120,400}?(?:[.!?…]+(?=\s|$)|[。！？]))|(.{1,400}(?=\s|$))|(.{1,400}))", re.DOTALL)


class EspeakSynthesizer:
    """A `TextToSpeech` on libespeak-ng. Any thread; one thread an iterator. Owns nothing but its settings.

    The text is plain: SSML, phoneme brackets and espeak's control codes are not interpreted. Long text is made piece
    by piece (a sentence or more, at most 400 characters) as the caller pulls frames, so a closed iterator costs
    nothing more and two conversations take turns.

    Raises:
        MissingDependencyError: the `espeak` extra is not installed.
        InvalidArgumentError: an unknown voice or language, or a speed outside 0.5 to 2.
        SpeechEngineError: the library fails.

    >>> synthesizer = EspeakSynthesizer()
    >>> synthesizer.sample_rate
    22050
    >>> sum(frame.duration_ms for frame in synthesizer.synthesize("hello")) > 300
    True
    """

    def __init__(self, *, voice: str = DEFAULT_VOICE) -> None:
        self._default_voice = _check_voice(voice)
        self._library: EspeakLibrary = load_espeak_library()
        for _ in self.synthesize("a"):  # reads the voice's files now, and not within the first reply
            pass

    @property
    def sample_rate(self) -> int:
        """Rate of the frames, as the library says: 22050 Hz."""
        return self._library.sample_rate

    @property
    def voices(self) -> tuple[str, ...]:
        """Names that `voice` accepts."""
        return tuple(VOICES)

    @property
    def languages(self) -> tuple[str, ...]:
        """Codes that `language` accepts, in lower case (`en`, `en-gb`, `de`, `hi`, …)."""
        return tuple(self._library.languages)

    def synthesize(
        self, text: str, *, voice: str | None = None, language: str = "en", speed: float = 1.0
    ) -> Iterator[AudioFrame]:
        """Yield float32 mono frames of 40 ms (the last one shorter); none for text without a letter, digit or symbol.

        The arguments are checked by this call, not by the first `next`. `language` is a code of `languages`, in any
        case, a region that it lacks left off; `speed` multiplies the voice's rate, 0.5 to 2.
        """
        manner = self._manner(_check_voice(self._default_voice if voice is None else voice), language, speed)
        spoken = plain_text(text)
        return self._frames(spoken if has_sound(spoken) else "", manner)

    def _manner(self, voice: str, language: str, speed: float) -> Manner:
        if not MIN_SPEED <= speed <= MAX_SPEED:
            raise InvalidArgumentError(f"speed must be from {MIN_SPEED} to {MAX_SPEED}, got {speed}")
        files = self._library.languages
        code = find_language(language, files)
        if code is None:
            raise InvalidArgumentError(
                f"espeak does not speak {language_name(language)}; it speaks: {', '.join(files)}"
            )
        voice_file = files[_ACCENTS.get(code, code)]
        base = VOICES[voice]
        return Manner(f"{voice_file}+{base.voice}", round(base.rate_wpm * speed), base.pitch, base.pitch_range)

    def _frames(self, text: str, manner: Manner) -> Iterator[AudioFrame]:
        n_frame = self.sample_rate * FRAME_MS // 1000
        n_yielded = 0
        left = np.zeros(0, np.float32)
        for piece, is_last in split_text(text):
            samples = self._library.speak(piece, manner, end_pause=not is_last)
            left = np.concatenate([left, int16_to_float32(samples)])
            n_ready = len(left) if is_last else len(left) // n_frame * n_frame
            for start in range(0, n_ready, n_frame):
                frame = left[start : min(start + n_frame, n_ready)]
                yield AudioFrame(frame, self.sample_rate, timestamp=n_yielded / self.sample_rate)
                n_yielded += len(frame)
            left = left[n_ready:]


def split_text(text: str) -> Iterator[tuple[str, bool]]:
    """Cut text into pieces of at most 400 characters, at sentence ends where it can; yields (piece, is_last).

    >>> list(split_text("One. Two."))
    [('One. Two.', True)]
    """
    text = text.strip()
    position = 0
    while position < len(text):
        match = _PIECE.match(text, position)
        assert match is not None
        position = match.end()
        yield match.group().strip(), position >= len(text)


def plain_text(text: str) -> str:
    """The text without espeak's control characters and symbols of its own."""
    return _UNSPEAKABLE.sub(" ", text)


def has_sound(text: str) -> bool:
    """Whether there is a letter, digit or symbol to say."""
    return any(unicodedata.category(character)[0] in "LNSM" for character in text)


def _check_voice(voice: str) -> str:
    if voice not in VOICES:
        raise InvalidArgumentError(f"unknown espeak voice {voice!r}; known: {', '.join(VOICES)}")
    return voice
