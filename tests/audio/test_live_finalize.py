"""`finalize` in the middle of speech: what is said before it, and what goes on behind it."""

from __future__ import annotations

import numpy as np
import pytest
from audio_fakes import CountingRecognizer

from electron_local.audio.wav import read_wav
from electron_local.audio_api.live_transcript import LiveTranscript
from electron_local.audio_api.transcription_request import PulseRequest
from electron_local.demo.recordings import find_recording

RATE = 16000


@pytest.fixture(scope="module")
def speech():
    """Half a second of silence, 2.2 s of speech without a long pause, a second of silence; PCM16."""
    samples = read_wav(find_recording("timer").path, sample_rate=RATE).samples[: int(2.2 * RATE)]
    whole = np.concatenate([np.zeros(RATE // 2), samples, np.zeros(RATE)])
    return (whole * 32767).astype("<i2").tobytes()


def feed(live, data):
    return [heard for start in range(0, len(data), 640) for heard in live.feed(data[start : start + 640])]


def n_tenths(heard):
    return int(heard.text.split()[1])


def test_speech_goes_on_behind_finalize(speech):
    recognizer = CountingRecognizer()
    whole = LiveTranscript(PulseRequest(), recognizer)
    (expected,) = [heard for heard in feed(whole, speech) if heard.is_final]
    live = LiveTranscript(PulseRequest(), recognizer)
    middle = 2 * int(1.5 * RATE)
    assert not any(heard.is_final for heard in feed(live, speech[:middle]))
    first = live.finalize()
    rest = feed(live, speech[middle:])
    assert [heard.is_final for heard in rest[:-1]] == [False] * (len(rest) - 1) and len(rest) > 1
    assert abs(n_tenths(first) + n_tenths(rest[-1]) - n_tenths(expected)) <= 1
    assert rest[-1].words[0][1] == pytest.approx(1.5, abs=0.04)
    whole.close()
    live.close()
    assert recognizer.n_open == 0


def test_silence_behind_finalize_gives_no_utterance(speech):
    live = LiveTranscript(PulseRequest(), CountingRecognizer(text=""))
    end = 2 * int(2.8 * RATE)  # the pause is not yet long enough to end the utterance
    assert not any(heard.is_final for heard in feed(live, speech[:end]))
    assert live.finalize().is_final
    assert not any(heard.is_final for heard in feed(live, speech[end:]))
    assert live.finalize().text == ""
    live.close()
