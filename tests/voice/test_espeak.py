"""The espeak synthesiser: frames, voices, languages, speed, plain text, cancelling."""

from __future__ import annotations

import itertools
import threading

import numpy as np
import pytest

from electron_local.errors import InvalidArgumentError
from electron_local.speech import TextToSpeech, create_synthesizer

pytest.importorskip("espeakng_loader")
from electron_local.speech.espeak import split_text

SENTENCE = "Okay, the cabin is set to twenty two degrees."


@pytest.fixture(scope="module")
def synthesizer():
    return create_synthesizer("espeak")


def duration_ms(synthesizer, text, **options):
    return sum(frame.duration_ms for frame in synthesizer.synthesize(text, **options))


def samples_of(synthesizer, text, **options):
    return np.concatenate([frame.samples for frame in synthesizer.synthesize(text, **options)])


def test_frames(synthesizer):
    assert isinstance(synthesizer, TextToSpeech)
    frames = list(synthesizer.synthesize(SENTENCE))
    assert {frame.sample_rate for frame in frames} == {22050} == {synthesizer.sample_rate}
    assert {frame.samples.dtype for frame in frames} == {np.dtype(np.float32)}
    assert {len(frame.samples) for frame in frames[:-1]} == {882}
    starts = itertools.accumulate((len(frame.samples) for frame in frames), initial=0)
    assert [round(frame.timestamp * 22050) for frame in frames] == list(starts)[:-1]
    whole = np.concatenate([frame.samples for frame in frames])
    assert 2.0 < len(whole) / 22050 < 6.0
    assert 0.1 < np.abs(whole).max() <= 1.0


def test_languages(synthesizer):
    assert {"en", "en-us", "de", "hi", "cmn", "fr", "ar"} <= set(synthesizer.languages)
    assert not any("mb/" in path for path in synthesizer._library.languages.values())
    for language in ("de", "EN_GB", "hi"):
        assert duration_ms(synthesizer, "Guten Tag 123", language=language) > 300
    with pytest.raises(InvalidArgumentError, match=r"does not speak 'xx'; it speaks: .*de"):
        synthesizer.synthesize("hello", language="xx")
    assert not {"fo", "kaa", "xex"} & set(synthesizer.languages), "their words are not in the package"


def test_speed(synthesizer):
    slow, normal, fast = (duration_ms(synthesizer, SENTENCE, speed=speed) for speed in (0.5, 1.0, 2.0))
    assert slow > 1.5 * normal > 2.0 * fast
    for bad in (0.49, 2.01, float("nan")):
        with pytest.raises(InvalidArgumentError, match=r"speed must be from 0.5 to 2.0, got"):
            synthesizer.synthesize(SENTENCE, speed=bad)


def test_unknown_voice(synthesizer):
    with pytest.raises(InvalidArgumentError, match="'bob'; known: wren"):
        synthesizer.synthesize(SENTENCE, voice="bob")
    with pytest.raises(InvalidArgumentError, match="'bob'"):
        create_synthesizer("espeak", voice="bob")


@pytest.mark.parametrize("text", ["", "   \n\t ", "...", "\x00\x01", "?!"])
def test_text_without_words_gives_no_frames(synthesizer, text):
    assert list(synthesizer.synthesize(text)) == []


def test_markup_is_not_interpreted(synthesizer):
    hello = duration_ms(synthesizer, "hello")
    assert duration_ms(synthesizer, "[[h@'loU]]") > 1.5 * hello
    assert duration_ms(synthesizer, '<break time="5s"/>hello') < 4000
    assert duration_ms(synthesizer, "hello\x00 there my good friend") > 1.5 * hello
    before = duration_ms(synthesizer, SENTENCE)
    duration_ms(synthesizer, "\x01+200S\x0199Phello \ue000\ud800")
    assert duration_ms(synthesizer, SENTENCE) == pytest.approx(before, rel=0.02)


def test_long_text_streams_and_can_be_closed(synthesizer, monkeypatch):
    spoken = []
    speak = type(synthesizer._library).speak

    def counted(library, text, manner, *, end_pause):
        spoken.append(text)
        return speak(library, text, manner, end_pause=end_pause)

    monkeypatch.setattr(type(synthesizer._library), "speak", counted)
    frames = synthesizer.synthesize((SENTENCE + " ") * 1200)
    next(frames)
    frames.close()
    assert len(spoken) == 1
    assert len(spoken[0]) <= 400
    assert list(frames) == []


@pytest.mark.parametrize(
    "text", [SENTENCE * 1, (SENTENCE + " ") * 1000, "word " * 10_000, "a" * 50_000, "你好。" * 500, "1. a\n" * 300]
)
def test_split_loses_nothing(text):
    pieces = list(split_text(text))
    assert "".join("".join(piece.split()) for piece, _ in pieces) == "".join(text.split())
    assert all(0 < len(piece) <= 400 for piece, _ in pieces)
    assert [is_last for _, is_last in pieces] == [False] * (len(pieces) - 1) + [True]


def test_two_threads_keep_their_voices(synthesizer):
    alone = {voice: duration_ms(synthesizer, SENTENCE, voice=voice) for voice in ("knox", "tate")}
    together = {}

    def speak(voice):
        together[voice] = [duration_ms(synthesizer, SENTENCE, voice=voice) for _ in range(5)]

    threads = [threading.Thread(target=speak, args=(voice,)) for voice in alone]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for voice, durations in together.items():
        assert durations == pytest.approx([alone[voice]] * 5, rel=0.02)
