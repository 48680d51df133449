"""Several recognisers at one utterance: whose words count, and what happens when some of them fail."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from electron_local.errors import InvalidArgumentError, SpeechEngineError
from electron_local.speech import base, create_recognizer, register_recognizer
from electron_local.speech.base import Alternative, Transcript, Word
from electron_local.speech.ensemble import EnsembleRecognizer, combined

AUDIO = np.zeros(160, np.float32)


class Engine:
    """Hears `texts` with their scores, the first as its own; what is an exception is raised where it stands."""

    def __init__(
        self,
        texts: dict[str, float],
        *,
        partial: Any = None,
        at_end: Any = None,
        languages: tuple[str, ...] = ("en",),
        words: tuple[Word, ...] = (),
        sample_rate: int = 16000,
    ) -> None:
        self.texts, self.partial, self.at_end, self.words = texts, partial, at_end, words
        self.languages, self.sample_rate = languages, sample_rate
        self.n_fed = self.n_cancelled = 0
        self.learns: list[Engine] = []

    def stream(self, *, language: str = "en") -> Engine:
        if language not in self.languages:
            raise InvalidArgumentError(f"no {language}")
        return self

    def feed(self, samples: np.ndarray) -> Transcript | None:
        self.n_fed += 1
        if isinstance(self.partial, Exception):
            raise self.partial
        return None if self.partial is None else Transcript(self.partial, is_final=False)

    def finish(self) -> Transcript:
        if self.at_end is not None:
            raise self.at_end
        alternatives = tuple(Alternative(text, score) for text, score in self.texts.items())
        return Transcript(next(iter(self.texts), ""), True, self.words, alternatives)

    def cancel(self) -> None:
        self.n_cancelled += 1


class Learner(Engine):
    def for_speaker(self) -> Learner:
        self.learns.append(Learner(self.texts))
        return self.learns[-1]


def heard(*engines: Engine) -> Transcript:
    stream = EnsembleRecognizer(engines).stream()
    stream.feed(AUDIO)
    return stream.finish()


def test_what_both_find_likely_is_likeliest():
    one = Engine({"pray some jazz": -2.0, "play some jazz": -2.5})
    other = Engine({"play some chess": 7.0, "play some jazz": 6.0, "play sun chess": 5.5})
    transcript = heard(one, other)
    assert transcript.text == "play some jazz" and transcript.is_final
    assert transcript.alternatives == (
        Alternative("play some jazz", -1.5),
        Alternative("pray some jazz", -6.0),
        Alternative("play some chess", -6.0),
        Alternative("play sun chess", -7.5),
    )


def test_doubt_has_a_limit():
    one = Engine({"stop it": 0.0, "stop at": -50.0})
    other = Engine({"stop at": 0.0, "drop it": -3.0})
    assert dict((each.text, each.score) for each in heard(one, other).alternatives) == {
        "stop it": -6.0,
        "stop at": -6.0,
        "drop it": -9.0,
    }


def test_of_texts_with_the_same_words_the_first_spelling_stays():
    transcript = heard(Engine({"Set it to 20, please!": 0.0}), Engine({"set it to 20 please": 0.0}))
    assert [each.text for each in transcript.alternatives] == ["Set it to 20, please!"]


def test_a_tie_goes_to_the_first_and_the_word_times_are_those_of_its_engine():
    words = (Word("yes", 0.1, 0.4),)
    assert heard(Engine({"no": 0.0}), Engine({"yes": 0.0}, words=words)).text == "no"
    assert heard(Engine({"yes": 0.0}, words=words), Engine({"no": 0.0})).words == words
    assert heard(Engine({"no": 0.0}), Engine({"yes": 0.0}, words=words)).words == ()


@pytest.mark.parametrize("nothing", [{}, {"": 0.0}, {" ...": 0.0}])
def test_where_one_hears_no_words_there_are_none(nothing):
    assert heard(Engine({"thank you for watching": 0.0}), Engine(nothing)) == Transcript("", is_final=True)


def test_engines_without_alternatives_have_their_text():
    plain = [Transcript("play jazz", is_final=True), Transcript("pray jazz", is_final=True)]
    assert [each.text for each in combined(plain).alternatives] == ["play jazz", "pray jazz"]


def test_the_partials_are_those_of_the_first_that_gives_any():
    stream = EnsembleRecognizer([Engine({"a": 0.0}), Engine({"b": 0.0}, partial="be")]).stream()
    assert stream.feed(AUDIO) == Transcript("be", is_final=False)


@pytest.mark.parametrize("error", [SpeechEngineError("broken"), RuntimeError("worse")])
@pytest.mark.parametrize("place", ["partial", "at_end"])
@pytest.mark.parametrize("first", [True, False])
def test_an_engine_that_fails_leaves_the_utterance_to_the_other(error, place, first, caplog):
    broken, working = Engine({"noise": 0.0}, **{place: error}), Engine({"play jazz": 0.0})
    assert heard(*([broken, working] if first else [working, broken])).text == "play jazz"
    assert "leaves the utterance to the others" in caplog.text
    if place == "partial":
        assert broken.n_fed == 1


@pytest.mark.parametrize("place", ["partial", "at_end"])
def test_when_all_engines_fail_the_first_error_is_raised(place):
    engines = [Engine({}, **{place: SpeechEngineError(name)}) for name in ("one", "two")]
    with pytest.raises(SpeechEngineError, match="one"):
        heard(*engines)


def test_a_language_needs_one_engine_that_understands_it():
    ensemble = EnsembleRecognizer([Engine({"no": 0.0}), Engine({"nein": 0.0}, languages=("de",))])
    assert ensemble.stream(language="de").finish().text == "nein"
    with pytest.raises(InvalidArgumentError, match="no fr"):
        ensemble.stream(language="fr")


def test_an_utterance_that_is_over_takes_no_audio():
    engines = [Engine({"a": 0.0}), Engine({"b": 0.0})]
    stream = EnsembleRecognizer(engines).stream()
    stream.cancel()
    stream.cancel()
    assert [engine.n_cancelled for engine in engines] == [1, 1]
    with pytest.raises(SpeechEngineError, match="finished or cancelled"):
        stream.feed(AUDIO)


def test_each_speaker_has_those_that_learn_to_himself():
    learner, other = Learner({"a": 0.0}), Engine({"b": 0.0})
    speakers = [EnsembleRecognizer([learner, other]).for_speaker() for _ in range(2)]
    assert [speaker._recognizers for speaker in speakers] == [(own, other) for own in learner.learns]


def test_engines_of_different_rates_are_refused():
    with pytest.raises(InvalidArgumentError, match=r"one sample rate, got \[8000, 16000\]"):
        EnsembleRecognizer([Engine({}), Engine({}, sample_rate=8000)])


def test_by_name(monkeypatch):
    monkeypatch.setattr(base, "_recognizers", dict(base._recognizers))
    register_recognizer("test-a", lambda: Engine({"a": 0.0}))
    register_recognizer("test-b", lambda model: Engine({model: 0.0}))
    stream = create_recognizer("ensemble:test-a + test-b:tiny").stream()
    assert [each.text for each in stream.finish().alternatives] == ["a", "tiny"]
    with pytest.raises(InvalidArgumentError, match="unknown recogniser 'test-c'"):
        create_recognizer("ensemble:test-a+test-c")
    with pytest.raises(InvalidArgumentError, match="at least two"):
        create_recognizer("ensemble:test-a")
