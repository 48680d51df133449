"""A model that hears the end of a turn, in a session in virtual time."""

from __future__ import annotations

import numpy as np
import pytest
from conversation_rig import LONG, Rig

from electron_local.voice import EndOfTurn, TurnSettings
from electron_local.voice.events import ErrorOccurred, SpeechStopped, TranscriptCompleted
from hearing_fakes import RATE

TURN = TurnSettings(EndOfTurn(soft_end_ms=100, sure_end_ms=300, finished_end_ms=500, hard_end_ms=900, listen_ms=200))
SAID = "play some jazz"


class FakeEars:
    """Answers in turn; an Exception is raised."""

    def __init__(self, *answers, takes_ms=20.0):
        self.answers, self.takes_ms, self.heard, self.rig = list(answers), takes_ms, [], None

    def probability(self, samples):
        self.heard.append(samples)
        self.rig.runtime.sleep(self.takes_ms)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def rig_with(ears, *, heard=(SAID,), **config):
    rig = Rig(["Here it is."], ["More."], heard=list(heard), end_of_turn=ears, **{"turn": TURN, **config})
    ears.rig = rig
    return rig


def wait_ms(rig, spoken_ms=1000):
    return rig.of(SpeechStopped)[0].time_ms - (spoken_ms - 20)


@pytest.mark.parametrize(("probability", "expected_ms"), [(0.9, 300), (0.1, 900)])
def test_the_end_comes_sooner_or_later(probability, expected_ms):
    rig = rig_with(ears := FakeEars(probability))
    rig.say(1000)
    rig.quiet(2500)
    assert wait_ms(rig) == pytest.approx(expected_ms, abs=20)
    (samples,) = ears.heard
    assert samples.dtype == np.float32 and len(samples) == pytest.approx(1200 * RATE // 1000, abs=640)
    assert np.count_nonzero(samples) == 1000 * RATE // 1000


def test_an_answer_that_comes_late_ends_the_turn_when_it_comes():
    rig = rig_with(FakeEars(0.9, takes_ms=200.0))
    rig.say(1000)
    rig.quiet(2500)
    assert wait_ms(rig) == pytest.approx(400, abs=40)


def test_each_pause_is_heard_once_and_all_of_the_turn_with_it():
    rig = rig_with(ears := FakeEars(0.1, 0.9), heard=(SAID, SAID))
    rig.say(600)
    rig.quiet(400)
    rig.say(600)
    rig.quiet(2000)
    assert [event.text for event in rig.of(TranscriptCompleted)] == [SAID]
    assert wait_ms(rig, 1600) == pytest.approx(300, abs=20)
    assert [np.count_nonzero(samples) for samples in ears.heard] == [600 * 16, 1200 * 16]


@pytest.mark.parametrize(("words", "sound", "expected_ms"), [(0.9, 0.1, 500), (0.0, 0.9, 500), (0.9, 0.9, 300)])
def test_the_words_and_the_sound_are_weighed_together(words, sound, expected_ms):
    rig = rig_with(FakeEars(sound), model_judges_end=True)
    rig.chat.ends = {SAID: words}
    rig.say(1000)
    rig.quiet(2500)
    assert wait_ms(rig) == pytest.approx(expected_ms, abs=40)


def test_a_model_that_fails_is_asked_no_more_and_silence_decides():
    rig = rig_with(ears := FakeEars(RuntimeError("broken"), 0.9), heard=(SAID, SAID))
    for _ in range(2):
        rig.say(1000)
        rig.quiet(2500)
    assert wait_ms(rig) == pytest.approx(500, abs=20)
    assert len(ears.heard) == 1 and rig.of(ErrorOccurred) == []
    assert len(rig.of(TranscriptCompleted)) == 2


def test_speech_over_a_response_is_judged_by_its_words():
    rig = rig_with(ears := FakeEars(0.9), heard=(SAID, "stop that now"))
    rig.chat._replies[0] = [LONG]
    rig.say(1000)
    rig.quiet(1500)
    n_before = len(ears.heard)
    rig.say(200)
    rig.quiet(300)
    assert len(ears.heard) == n_before == 1
    rig.close()


def test_smart_turn_by_its_name(tmp_path):
    """The made model takes a long turn that falls silent for ended, and a short one for unfinished."""
    pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    from made_speech_models import make_smart_turn

    spec = f"smart-turn:{make_smart_turn(tmp_path)}"
    voiced = np.abs(0.3 * np.random.default_rng(5).standard_normal(RATE * 8)).astype(np.float32) + 0.001
    for spoken_ms, expected_ms in ((7000, 300), (600, 900)):
        rig = Rig(["Yes."], heard=[SAID], turn=TURN, end_of_turn=spec)
        rig.push(voiced[: spoken_ms * 16])
        rig.quiet(2000)
        assert wait_ms(rig, spoken_ms) == pytest.approx(expected_ms, abs=20)
        rig.close()
