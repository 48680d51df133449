"""The `ensemble` recogniser: several recognisers hear an utterance, and every text that one of them heard is weighed.

They fail on different words: what one of them missed, another may have heard. An engine doubts a text by as much as its
score lies below that of its best one, and by six at most, whether it heard the text at all; the doubts of all engines
add up. (A log-linear combination of n-best lists.)
"""

from __future__ import annotations

import copy
import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import ExitStack
from typing import TypeVar

from electron_local.errors import InvalidArgumentError, SpeechEngineError
from electron_local.speech.base import (
    Alternative,
    Float32Array,
    RecognitionStream,
    SpeakerAdaptive,
    SpeechToText,
    Transcript,
)
from electron_local.speech.phrase_model import words_of_phrase

logger = logging.getLogger(__name__)
_T = TypeVar("_T")
_Words = tuple[str, ...]

# Natural logarithm. Of 120 requests made by Flite, 79 were chosen rightly with 6, 77 with 4, 76 with 3.
_MOST_DOUBT = 6.0


class EnsembleRecognizer:
    """A `SpeechToText` of others with one sample rate, the most trusted first.

    Partials are those of the first that gives any. An engine that fails leaves an utterance to the others.

    Raises InvalidArgumentError for fewer than two recognisers, or for different rates.

    >>> EnsembleRecognizer([])
    Traceback (most recent call last):
    electron_local.errors.InvalidArgumentError: an ensemble has at least two recognisers, got 0
    """

    def __init__(self, recognizers: Sequence[SpeechToText]) -> None:
        if len(recognizers) < 2:
            raise InvalidArgumentError(f"an ensemble has at least two recognisers, got {len(recognizers)}")
        rates = sorted({each.sample_rate for each in recognizers})
        if len(rates) > 1:
            raise InvalidArgumentError(f"the recognisers of an ensemble need one sample rate, got {rates}")
        self._recognizers = tuple(recognizers)

    @property
    def sample_rate(self) -> int:
        """Theirs, in Hz."""
        return self._recognizers[0].sample_rate

    def stream(self, *, language: str = "en") -> EnsembleStream:
        """Begin an utterance with those that understand the language; raises what the first raises if none can."""
        streams: list[RecognitionStream] = []
        errors: list[Exception] = []
        for recognizer in self._recognizers:
            try:
                streams.append(recognizer.stream(language=language))
            except Exception as error:
                errors.append(error)
        if not streams:
            raise errors[0]
        for each in errors:
            logger.info("an engine leaves the utterance to the others: %s", each)
        return EnsembleStream(streams)

    def for_speaker(self) -> EnsembleRecognizer:
        """The same, with those that learn a speaker learning this one."""
        speaker = copy.copy(self)
        members = (each.for_speaker() if isinstance(each, SpeakerAdaptive) else each for each in self._recognizers)
        speaker._recognizers = tuple(members)
        return speaker


class EnsembleStream:
    """One utterance. Made by `EnsembleRecognizer.stream`; one thread."""

    def __init__(self, streams: Sequence[RecognitionStream]) -> None:
        self._streams = list(streams)

    def feed(self, samples: Float32Array) -> Transcript | None:
        """Take mono float32 samples. Once all engines have failed, raises what the first of the last ones raised."""
        partials = self._each(lambda stream: stream.feed(samples))
        return next((partial for partial in partials if partial is not None), None)

    def finish(self) -> Transcript:
        """Have all of them end the utterance, side by side. Where one hears no words at all, there are none: some
        engines invent words for noise."""
        finishing = {id(stream): _started(stream.finish) for stream in self._streams}
        heard = self._each(lambda stream: finishing[id(stream)].result())
        self._streams = []
        return combined(heard)

    def cancel(self) -> None:
        """Drop the utterance; idempotent."""
        with ExitStack() as stack:
            for stream in self._streams:
                stack.callback(stream.cancel)
            self._streams = []

    def _each(self, ask: Callable[[RecognitionStream], _T]) -> list[_T]:
        """What each stream answers; those that fail are left out from now on."""
        if not self._streams:
            raise SpeechEngineError("this utterance is finished or cancelled: begin another with stream()")
        answers: dict[int, _T] = {}
        errors: list[Exception] = []
        for stream in self._streams:
            try:
                answers[id(stream)] = ask(stream)
            except Exception as error:
                errors.append(error)
        self._streams = [stream for stream in self._streams if id(stream) in answers]
        if not self._streams:
            raise errors[0]
        for each in errors:
            logger.warning("an engine leaves the utterance to the others: %s", each)
        return list(answers.values())


def _started(call: Callable[[], _T]) -> Future[_T]:
    """Of `call` in a thread that does not keep the process alive."""
    future: Future[_T] = Future()

    def run() -> None:
        try:
            future.set_result(call())
        except Exception as error:
            future.set_exception(error)

    threading.Thread(target=run, name="electron-ensemble", daemon=True).start()
    return future


def combined(heard: Sequence[Transcript]) -> Transcript:
    """One final transcript of several. Texts are the same where their words are, spelled as the first engine has them.

    >>> a = Transcript("Plays jazz.", True, (), (Alternative("Plays jazz.", 0.0), Alternative("Play jazz.", -1.0)))
    >>> combined([a, Transcript("play jazz", True)]).text
    'Play jazz.'
    """
    if not all(words_of_phrase(each.text) for each in heard):
        return Transcript("", is_final=True)
    spelled: dict[_Words, str] = {}
    opinions = [_opinion(each, spelled) for each in heard]
    scores = {words: sum(opinion.get(words, -_MOST_DOUBT) for opinion in opinions) for words in spelled}
    ranked = sorted(scores, key=lambda words: -scores[words])
    likeliest = spelled[ranked[0]]
    timed = next((each.words for each in heard if each.text == likeliest), ())
    return Transcript(likeliest, True, timed, tuple(Alternative(spelled[words], scores[words]) for words in ranked))


def _opinion(heard: Transcript, spelled: dict[_Words, str]) -> dict[_Words, float]:
    """How much one engine doubts each text that it heard, as a negative number; `spelled` is added to."""
    texts = heard.alternatives or (Alternative(heard.text, 0.0),)
    best = max(text.score for text in texts)
    opinion: dict[_Words, float] = {}
    for text in texts:
        if words := tuple(words_of_phrase(text.text)):
            spelled.setdefault(words, text.text)
            opinion[words] = max(opinion.get(words, -_MOST_DOUBT), text.score - best)
    return opinion
