"""The moonshine recogniser on tiny networks of the real interface, and on the real weights where they are installed."""

from __future__ import annotations

import importlib.util
import shutil

import numpy as np
import pytest

from electron_local.errors import InvalidArgumentError, MissingDependencyError, ModelLoadError, SpeechEngineError
from electron_local.speech import SpeechToText, create_recognizer
from electron_local.speech.moonshine import MoonshineOptions, MoonshineRecognizer
from electron_local.speech.moonshine_model import Pieces

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
from made_speech_models import make_moonshine, make_nemo_ctc

RATE = 16000
LOUD = (0.3 * np.random.default_rng(5).standard_normal(RATE)).astype(np.float32)
QUIET = np.zeros(RATE, np.float32)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return make_moonshine(tmp_path_factory.mktemp("moonshine") / "tiny")


def heard(recognizer, *pieces):
    stream = recognizer.stream()
    partials = [partial.text for piece in pieces if (partial := stream.feed(piece)) is not None]
    return partials, stream.finish()


def test_partials_and_alternatives(folder):
    recognizer = create_recognizer("moonshine", model=folder, punctuation=True)
    assert isinstance(recognizer, SpeechToText) and recognizer.sample_rate == RATE
    partials, final = heard(recognizer, LOUD, LOUD)
    assert partials == ["Hey there"] and final.is_final
    assert [each.text for each in final.alternatives[:2]] == ["Hey there.", "Hey their."]
    assert len({each.text for each in final.alternatives}) == len(final.alternatives) <= 6
    assert final.text == "Hey there." and final.alternatives[0].score == pytest.approx(-0.3133, abs=1e-3)
    assert final.alternatives[1].score == pytest.approx(final.alternatives[0].score - 1, abs=1e-3)
    assert heard(recognizer, QUIET)[1].text == "" and recognizer.stream().finish().text == ""


def test_one_text_in_plain_words(folder):
    recognizer = create_recognizer(f"moonshine:{folder}", n_best=1, partial_s=0.0)
    partials, final = heard(recognizer, LOUD, LOUD)
    assert partials == [] and [each.text for each in final.alternatives] == ["hey there"]


def test_partials_become_rarer(folder):
    recognizer = MoonshineRecognizer(MoonshineOptions(model=folder))
    lengths = []
    recognizer._recognize = lambda samples, is_final: lengths.append(len(samples)) or heard_nothing(is_final)
    stream = recognizer.stream()
    for start in range(0, 6 * RATE, 320):
        stream.feed(np.zeros(320, np.float32) + start)
    steps = np.diff([0, *lengths]) / RATE
    assert steps[0] == pytest.approx(0.32) and steps[-1] == pytest.approx(5.3 / 8, abs=0.1)


def heard_nothing(is_final):
    from electron_local.speech.base import Transcript

    return Transcript("", is_final=is_final)


def test_long_speech_is_cut_where_it_is_quiet(folder):
    recognizer = create_recognizer("moonshine", model=folder, partial_s=0.0)
    text = heard(recognizer, *[LOUD] * 17, QUIET, *[LOUD] * 12)[1].text
    assert text == "hey there hey there"


def test_limits(folder):
    recognizer = create_recognizer("moonshine", model=folder, max_utterance_s=1.5)
    with pytest.raises(InvalidArgumentError, match="understands en, not 'de'"):
        recognizer.stream(language="de")
    stream = recognizer.stream(language="en-GB")
    stream.feed(LOUD)
    with pytest.raises(SpeechEngineError, match="may have 24000 samples"):
        stream.feed(LOUD)
    short = create_recognizer("moonshine", model=folder, tokens_a_second=1.0, partial_s=0.0)
    assert heard(short, LOUD)[1].text == "hey"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("tokenizer.bin", None),
        ("tokenizer.bin", b"\x09short"),
        ("tokenizer.bin", b"\x01a\x01b\x01c"),
        ("encoder_model.onnx", None),
        ("encoder_model.onnx", b"no network"),
        ("decoder_model_merged.onnx", b"no network"),
    ],
)
def test_what_cannot_be_loaded(folder, tmp_path, name, content):
    broken = shutil.copytree(folder, tmp_path / "broken")
    (broken / name).unlink()
    if content is not None:
        (broken / name).write_bytes(content)
    with pytest.raises(ModelLoadError):
        create_recognizer("moonshine", model=broken)


def test_another_network_is_refused(folder, tmp_path):
    wrong = shutil.copytree(folder, tmp_path / "wrong")
    other = make_nemo_ctc(tmp_path / "other") / "model.onnx"
    for name in ("encoder_model", "decoder_model_merged"):
        kept = (wrong / f"{name}.onnx").read_bytes()
        shutil.copy(other, wrong / f"{name}.onnx")
        with pytest.raises(ModelLoadError, match=r"Moonshine model|network for"):
            create_recognizer("moonshine", model=wrong)
        (wrong / f"{name}.onnx").write_bytes(kept)
    create_recognizer("moonshine", model=wrong)


def test_lengths_of_two_bytes(tmp_path):
    long = b"x" * 300
    path = tmp_path / "tokenizer.bin"
    path.write_bytes(b"\x01a\x01b\x01c" + bytes([128 + 300 % 128, 300 // 128]) + long)
    assert Pieces(path).text([3]) == "x" * 300


def test_without_the_package(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingDependencyError, match="moonshine"):
        create_recognizer("moonshine")


@pytest.mark.skipif(importlib.util.find_spec("moonshine_voice") is None, reason="moonshine-voice is not installed")
def test_the_real_weights():
    from electron_local.audio.wav import read_wav
    from electron_local.demo.recordings import load_recordings

    recognizer = create_recognizer("moonshine")
    for recording in load_recordings()[:3]:
        samples = read_wav(recording.path, sample_rate=RATE).samples
        partials, final = heard(recognizer, *np.array_split(samples, 40))
        assert len(partials) > 1
        said = set(recording.text.lower().split())
        assert len(said & set(final.text.split())) >= 0.6 * len(said), final
