"""The `pocketsphinx` recogniser: US English, large vocabulary, streaming, on one core.

It understands clear, close speech. Far-field speech, strong accents and noise are beyond it; a neural recogniser is
one more file behind `SpeechToText`.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from electron_local.audio.codec import float32_to_int16
from electron_local.errors import InvalidArgumentError, SpeechEngineError
from electron_local.speech.base import Alternative, Float32Array, Transcript, Word, check_samples
from electron_local.speech.languages import find_language, language_name
from electron_local.speech.sphinx_channel import TYPICAL_CHANNEL, Channel
from electron_local.speech.sphinx_guidance import decoder_with_grammar, mixed_decoder, phrases_part, requests_part
from electron_local.speech.sphinx_library import SphinxDecoder, SphinxLibrary, load_sphinx_library
from electron_local.speech.sphinx_pool import DecoderPool

SAMPLE_RATE = 16000
LANGUAGES = ("en",)
# What an utterance's loudness is known from.
_N_OPENING = SAMPLE_RATE
# The search puts one long word over steady noise: 2 to 9 s, where the longest in clear speech lasts 0.9 s.
MAX_WORD_S = 1.5
# A search takes each 10 ms as evidence of its own, and so is too sure. Found with the Flite voice awb.
SCORE_WEIGHT = 0.2
# What the best path has before the other texts, whose scores are not comparable. Found with requests of another seed.
BEST_PATH_LEAD = 2.0


@dataclass(frozen=True)
class PocketsphinxOptions:
    """Settings of `PocketsphinxRecognizer`.

    Attributes:
        second_pass: search again over the words found (`fwdflat`) when the utterance ends: as many word errors on
            clear speech, and ten times the wait.
        best_path: pick the best path through the lattice of words (`bestpath`) at the end: a few milliseconds.
        lookahead_frames: frames of phoneme look-ahead that prune the search (`pl_window`, 0 to 10): fewer
            computations at 5, fewer word errors at 0.
        adapt: begin an utterance with what those before it taught of microphone and room. Where it is far louder or
            quieter than expected, its first second is searched twice (0.2 s), with this or without.
        grammar: JSGF text or a file of it: nothing else is heard.
        request_weight: part of the language model, from 0 and below 1, that expects what people say to voice agents:
            half the word errors on requests, as many on sentences of other kinds.
        phrases: what is heard sooner than the rest; goes without a grammar.
        phrase_weight: their part of the language model, above 0 and below 1.
        n_alternatives: texts of a final transcript that may have been said, its own included: 1 to 2 ms for 12; 1 for
            none. There are none with a grammar.
        max_streams: utterances open at once; each has a decoder of its own (0.4 s to load, 105 MB), made when needed
            and kept.
    """

    second_pass: bool = False
    best_path: bool = True
    lookahead_frames: int = 0
    adapt: bool = True
    grammar: str | Path | None = None
    request_weight: float = 0.3
    phrases: tuple[str, ...] = ()
    phrase_weight: float = 0.5
    n_alternatives: int = 12
    max_streams: int = 4


class PocketsphinxRecognizer:
    """A `SpeechToText` on libpocketsphinx. Any thread may open a stream; each stream belongs to one thread.

    A stream borrows a decoder (the first is made by the constructor), and gives it back when it is finished or
    cancelled.

    Raises:
        MissingDependencyError: the `voice` extra is not installed.
        ModelLoadError: the language model of requests is missing from this installation, or damaged.
        SpeechEngineError: the models cannot be loaded, or more than `max_streams` streams are open.

    >>> import numpy as np
    >>> recognizer = PocketsphinxRecognizer()
    >>> stream = recognizer.stream()
    >>> stream.feed(np.zeros(320, np.float32))
    >>> stream.finish()
    Transcript(text='', is_final=True, words=(), alternatives=())
    """

    def __init__(self, *, options: PocketsphinxOptions | None = None) -> None:
        self._options = options or PocketsphinxOptions()
        if not 0 <= self._options.lookahead_frames <= 10:
            raise InvalidArgumentError(f"lookahead_frames must be from 0 to 10, got {self._options.lookahead_frames}")
        if self._options.max_streams < 1:
            raise InvalidArgumentError(f"max_streams must be at least 1, got {self._options.max_streams}")
        if self._options.n_alternatives < 1:
            raise InvalidArgumentError(f"n_alternatives must be at least 1, got {self._options.n_alternatives}")
        if not 0.0 <= self._options.request_weight < 1.0:
            raise InvalidArgumentError(
                f"request_weight must be at least 0 and below 1, got {self._options.request_weight}"
            )
        if not 0.0 < self._options.phrase_weight < 1.0:
            raise InvalidArgumentError(f"phrase_weight must be above 0 and below 1, got {self._options.phrase_weight}")
        if self._options.grammar is not None and self._options.phrases:
            raise InvalidArgumentError("give a grammar or phrases, not both: a grammar allows nothing else")
        self._library: SphinxLibrary = load_sphinx_library()
        self._pool = DecoderPool(self._make_decoder, self._options.max_streams)
        self._adapts = self._options.adapt
        self._channel = TYPICAL_CHANNEL

    @property
    def sample_rate(self) -> int:
        """16000 Hz."""
        return SAMPLE_RATE

    def stream(self, *, language: str = "en") -> PocketsphinxStream:
        """Begin an utterance. Raises InvalidArgumentError for any language but English (`en`, `en-US`, …)."""
        if find_language(language, LANGUAGES) is None:
            raise InvalidArgumentError(
                f"pocketsphinx does not understand {language_name(language)}; it understands: {', '.join(LANGUAGES)}"
            )
        decoder = self._pool.borrow()
        try:
            decoder.normalize_by(self._channel.mean)
            decoder.start()
        except SpeechEngineError:
            self._pool.discard()
            raise
        return PocketsphinxStream(self, decoder, self._channel)

    def for_speaker(self) -> PocketsphinxRecognizer:
        """A recogniser for one microphone and speaker, whom it learns; it has the decoders of this one."""
        speaker = copy.copy(self)
        speaker._adapts, speaker._channel = True, TYPICAL_CHANNEL
        return speaker

    def _give_back(self, decoder: SphinxDecoder, learned: Channel | None) -> None:
        if learned is not None and self._adapts:
            self._channel = learned
        self._pool.give_back(decoder)

    def _make_decoder(self) -> SphinxDecoder:
        config = {
            "fwdflat": self._options.second_pass,
            "bestpath": self._options.best_path,
            "pl_window": self._options.lookahead_frames,
        }
        options = self._options
        if options.grammar is not None:
            return decoder_with_grammar(self._library, config, options.grammar)
        parts = [requests_part(options.request_weight)] if options.request_weight else []
        if options.phrases:
            parts.append(phrases_part(self._library, options.phrases, options.phrase_weight))
        return mixed_decoder(self._library, config, parts)


class PocketsphinxStream:
    """One utterance. Made by `PocketsphinxRecognizer.stream`; one thread."""

    def __init__(self, recognizer: PocketsphinxRecognizer, decoder: SphinxDecoder, channel: Channel) -> None:
        self._recognizer = recognizer
        self._decoder: SphinxDecoder | None = decoder
        self._channel = channel
        self._opening: npt.NDArray[np.int16] | None = np.zeros(0, np.int16)
        self._partial = ""

    def feed(self, samples: Float32Array) -> Transcript | None:
        """Take 16 kHz mono float32 samples, any number; return a partial when its text changed."""
        check_samples(samples)
        decoder = self._open_decoder()
        if len(samples) == 0:
            return None
        self._search(decoder, float32_to_int16(samples))
        text = decoder.hypothesis()
        if text == self._partial:
            return None
        self._partial = text
        return Transcript(text, is_final=False)

    def finish(self) -> Transcript:
        """End the utterance and return its text and words; the decoder goes back to the recogniser.

        A word longer than 1.5 s is steady noise and is left out.
        """
        decoder = self._open_decoder()
        self._decoder = None
        try:
            self._settle(decoder)
            decoder.end()
            words = tuple(Word(*segment) for segment in decoder.segments())
        except SpeechEngineError:
            self._recognizer._pool.discard()
            raise
        spoken = tuple(word for word in words if word.end - word.start <= MAX_WORD_S)
        text = " ".join(word.text for word in spoken)
        alternatives = self._alternatives(decoder, text) if spoken and spoken == words else ()
        self._recognizer._give_back(decoder, self._channel.heard(decoder.cepstra()) if spoken else None)
        return Transcript(text, is_final=True, words=spoken, alternatives=alternatives)

    def _search(self, decoder: SphinxDecoder, samples: npt.NDArray[np.int16]) -> None:
        if self._opening is not None:
            n_missing = _N_OPENING - len(self._opening)
            opening, samples = samples[:n_missing], samples[n_missing:]
            decoder.process(opening)
            self._opening = np.concatenate([self._opening, opening])
            if len(self._opening) == _N_OPENING:
                self._settle(decoder)
        if len(samples):
            decoder.process(samples)

    def _settle(self, decoder: SphinxDecoder) -> None:
        """Search the opening again with its own mean if it comes from another channel than expected."""
        opening, self._opening = self._opening, None
        if opening is None or len(opening) == 0:
            return
        seen, expected = decoder.cepstra(), self._channel
        if not expected.is_far_from(seen):
            self._channel = expected.heard(seen)
            decoder.normalize_by(expected.mean)  # asking for the cepstra has changed it
            return
        self._channel = expected.doubted()
        decoder.end()
        decoder.normalize_by(self._channel.heard(seen).mean)
        decoder.start()
        decoder.process(opening)

    def _alternatives(self, decoder: SphinxDecoder, text: str) -> tuple[Alternative, ...]:
        """`text` before the others."""
        options = self._recognizer._options
        if options.n_alternatives == 1 or options.grammar is not None:
            return ()
        others = decoder.alternatives(options.n_alternatives)
        best = max(others.values(), default=0.0)
        others.pop(text, None)
        ranked = [Alternative(other, SCORE_WEIGHT * (score - best) - BEST_PATH_LEAD) for other, score in others.items()]
        return (Alternative(text, 0.0), *ranked[: options.n_alternatives - 1]) if ranked else ()

    def cancel(self) -> None:
        """Drop the utterance; idempotent, and nothing after `finish`. The library has no abort: it takes as long."""
        if self._decoder is not None:
            self._opening = None  # nobody will read what a second search finds
            self.finish()

    def _open_decoder(self) -> SphinxDecoder:
        if self._decoder is None:
            raise SpeechEngineError("this utterance is finished or cancelled: begin another with stream()")
        return self._decoder

    def __del__(self) -> None:
        self.cancel()
