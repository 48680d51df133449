"""The pocketsphinx recogniser on bundled recordings and on what is no speech."""

from __future__ import annotations

import itertools
import threading

import numpy as np
import pytest

from electron_local.audio.wav import read_wav
from electron_local.demo.recordings import find_recording
from electron_local.errors import InvalidArgumentError, SpeechEngineError
from electron_local.speech import SpeechToText, create_recognizer
from electron_local.speech.base import SpeakerAdaptive

pytest.importorskip("pocketsphinx")

SAMPLE_RATE = 16000


@pytest.fixture(scope="module")
def recognizer():
    return create_recognizer("pocketsphinx", adapt=False, max_streams=2)


@pytest.fixture(scope="module")
def speech():
    return read_wav(find_recording("window").path).samples


def hear(recognizer, samples, n_chunk=320):
    stream = recognizer.stream()
    partials = [stream.feed(samples[i : i + n_chunk]) for i in range(0, len(samples), n_chunk)]
    return [p.text for p in partials if p is not None], stream.finish()


def test_partials_grow_into_the_final_text(recognizer, speech):
    partials, final = hear(recognizer, speech)
    assert final.is_final
    assert final.text == "please open the window"
    assert len(partials) >= 4
    assert "please open" in partials
    assert all(a != b for a, b in itertools.pairwise(partials))


def test_words_have_times_inside_the_utterance(recognizer, speech):
    _, final = hear(recognizer, speech)
    assert " ".join(word.text for word in final.words) == final.text
    edges = [time for word in final.words for time in (word.start, word.end)]
    assert edges == sorted(edges)
    assert 0.3 < edges[0] < edges[-1] < len(speech) / SAMPLE_RATE


def test_alternatives_begin_with_the_text(recognizer, speech):
    _, final = hear(recognizer, speech)
    texts = [alternative.text for alternative in final.alternatives]
    assert texts[0] == final.text
    assert 2 <= len(texts) == len(set(texts)) <= 12
    assert "please open the windows" in texts
    assert max(alternative.score for alternative in final.alternatives) == final.alternatives[0].score == 0.0


def test_alternatives_can_be_left_out(speech):
    recognizer = create_recognizer("pocketsphinx", n_alternatives=1)
    assert hear(recognizer, speech)[1].alternatives == ()
    with pytest.raises(InvalidArgumentError, match="n_alternatives must be at least 1, got 0"):
        create_recognizer("pocketsphinx", n_alternatives=0)


@pytest.mark.parametrize("n_chunk", [1600, 517, 10**6])
def test_any_chunking_gives_the_same_text(recognizer, speech, n_chunk):
    assert hear(recognizer, speech, n_chunk)[1].words == hear(recognizer, speech)[1].words


def test_silence_and_steady_noise_are_empty(recognizer):
    noise = np.random.default_rng(0).normal(0, 0.01, 5 * SAMPLE_RATE).astype(np.float32)
    for samples in (np.zeros(0, np.float32), np.zeros(5 * SAMPLE_RATE, np.float32), noise):
        _, final = hear(recognizer, samples)
        assert (final.text, final.words) == ("", ())


def test_one_recognizer_does_not_remember_without_adapt(recognizer, speech):
    first = hear(recognizer, speech)[1]
    hear(recognizer, speech * np.float32(0.2))
    assert hear(recognizer, speech)[1].words == first.words


def test_adapt_carries_what_was_learned_of_the_channel(speech):
    recognizer = create_recognizer("pocketsphinx")
    assert isinstance(recognizer, SpeechToText)
    before = recognizer._channel
    hear(recognizer, np.zeros(SAMPLE_RATE, np.float32))
    assert recognizer._channel == before
    hear(recognizer, speech)
    assert recognizer._channel != before


@pytest.mark.parametrize("n_chunk", [320, 10**6])
@pytest.mark.parametrize("seconds", [0.95, 9.0])
def test_a_quiet_microphone_is_noticed_within_the_first_utterance(recognizer, speech, seconds, n_chunk):
    loud = speech[SAMPLE_RATE // 2 :][: round(seconds * SAMPLE_RATE)]
    expected = hear(recognizer, loud)[1].text
    assert expected.startswith("please open")
    assert hear(recognizer, loud * np.float32(0.03), n_chunk)[1].text == expected


def test_speakers_are_learned_apart_and_share_the_decoders(recognizer, speech):
    one, other = recognizer.for_speaker(), recognizer.for_speaker()
    assert isinstance(recognizer, SpeakerAdaptive)
    typical = recognizer._channel
    hear(one, speech)
    assert one._channel != typical and other._channel == recognizer._channel == typical
    streams = [one.stream(), other.stream()]
    with pytest.raises(SpeechEngineError, match="2 utterances are open, the limit"):
        recognizer.stream()
    for stream in streams:
        stream.cancel()


def test_streams_in_two_threads_do_not_mix(recognizer, speech):
    other = read_wav(find_recording("music").path).samples
    heard = {}
    threads = [
        threading.Thread(target=lambda name=name, x=x: heard.update({name: hear(recognizer, x)[1].text}))
        for name, x in (("window", speech), ("music", other))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert heard == {"window": "please open the window", "music": "play some jazz music"}


def test_streams_are_limited_and_come_back(recognizer):
    streams = [recognizer.stream(), recognizer.stream()]
    with pytest.raises(SpeechEngineError, match="2 utterances are open"):
        recognizer.stream()
    streams[0].cancel()
    streams[0].cancel()
    recognizer.stream().cancel()
    del streams
    recognizer.stream().finish()


def test_a_finished_stream_refuses_audio(recognizer):
    stream = recognizer.stream()
    stream.finish()
    stream.cancel()
    with pytest.raises(SpeechEngineError, match="finished or cancelled"):
        stream.feed(np.zeros(320, np.float32))
    with pytest.raises(SpeechEngineError, match="finished or cancelled"):
        stream.finish()


@pytest.mark.parametrize("bad", [np.zeros(320), np.zeros(320, np.int16), np.zeros((2, 160), np.float32), [0.0] * 320])
def test_wrong_samples_raise(recognizer, bad):
    stream = recognizer.stream()
    with pytest.raises(InvalidArgumentError, match="1-D float32"):
        stream.feed(bad)
    stream.cancel()


def test_wrong_settings_raise(recognizer):
    with pytest.raises(InvalidArgumentError, match="'de'"):
        recognizer.stream(language="de")
    with pytest.raises(InvalidArgumentError, match="max_streams must be at least 1, got 0"):
        create_recognizer("pocketsphinx", max_streams=0)
    with pytest.raises(InvalidArgumentError, match="lookahead_frames must be from 0 to 10, got 11"):
        create_recognizer("pocketsphinx", lookahead_frames=11)


def test_the_library_is_silent(capfd):
    stream = create_recognizer("pocketsphinx").stream()
    stream.feed(np.zeros(160, np.float32))
    stream.finish()
    assert capfd.readouterr() == ("", "")
