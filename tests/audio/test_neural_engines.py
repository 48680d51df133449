"""The neural adapters on tiny models of the real shapes, and what they say when something is missing or broken."""

from __future__ import annotations

import json
import sys

import numpy as np
import pytest

from electron_local.errors import InvalidArgumentError, MissingDependencyError, ModelLoadError, SpeechEngineError
from electron_local.speech import (
    EndOfTurnModel,
    SpeechToText,
    TextToSpeech,
    create_end_of_turn_model,
    create_recognizer,
    create_synthesizer,
)
from electron_local.speech.log_mel import log_mel

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
pytest.importorskip("onnx_asr")
pytest.importorskip("sherpa_onnx")
pytest.importorskip("espeakng_loader")
from made_speech_models import (
    PIPER_RATE,
    PIPER_SAMPLES_A_PHONEME,
    make_nemo_ctc,
    make_piper,
    make_sherpa_ctc,
    make_sherpa_vits,
    make_smart_turn,
)

rng = np.random.default_rng(5)
BURSTS = np.concatenate([level * rng.standard_normal(8000) for level in (0.001, 0.3, 0.001, 0.3, 0.001)])
BURSTS = BURSTS.astype(np.float32)


def spoken(synthesizer, text, **options):
    frames = list(synthesizer.synthesize(text, **options))
    assert {frame.sample_rate for frame in frames} <= {synthesizer.sample_rate}
    return np.concatenate([frame.samples for frame in frames]) if frames else np.zeros(0, np.float32)


@pytest.fixture(scope="module")
def voice(tmp_path_factory):
    return create_synthesizer(f"piper:{make_piper(tmp_path_factory.mktemp('piper'))}")


@pytest.fixture(scope="module")
def recognizer(tmp_path_factory):
    return create_recognizer(f"onnx-asr:{make_nemo_ctc(tmp_path_factory.mktemp('asr') / 'm')}", partial_s=0.5)


class TestPiper:
    def test_frames_and_speed(self, voice):
        assert isinstance(voice, TextToSpeech) and (voice.sample_rate, voice.voices) == (PIPER_RATE, ("default",))
        normal = spoken(voice, "Hello there. How are you?")
        assert len(normal) % PIPER_SAMPLES_A_PHONEME == 0 and 0.05 < np.abs(normal).max() <= 1.0
        assert len(spoken(voice, "Hello there. How are you?", speed=2.0)) == len(normal) // 2
        assert len(spoken(voice, "...")) == 0
        np.testing.assert_array_equal(spoken(voice, "Hello there. How are you?"), normal)

    def test_phonemes_come_from_espeak_with_their_marks(self, voice):
        alone, asked = spoken(voice, "hello"), spoken(voice, "hello?")
        assert len(asked) == len(alone) + 2 * PIPER_SAMPLES_A_PHONEME  # the mark and its pad

    def test_speakers_are_voices(self, tmp_path):
        path = make_piper(tmp_path, n_speakers=3)
        voice = create_synthesizer("piper", model=tmp_path)
        assert voice.voices == ("speaker0", "speaker1", "speaker2")
        first, last = (np.abs(spoken(voice, "ha", voice=name)).max() for name in ("speaker0", "speaker2"))
        assert last == pytest.approx(3 * first, rel=0.01)
        with pytest.raises(InvalidArgumentError, match="unknown voice 'wren'; this Piper voice has: speaker0"):
            voice.synthesize("hi", voice="wren")
        config = json.loads(path.with_name(path.name + ".json").read_text())
        for change in ({"phoneme_type": "text"}, {"espeak": {"voice": "xx"}}, {"phoneme_id_map": {}}, {"audio": 5}):
            path.with_name(path.name + ".json").write_text(json.dumps({**config, **change}))
            with pytest.raises(ModelLoadError):
                create_synthesizer("piper", model=path)

    def test_arguments_are_checked_at_once(self, voice):
        for wrong in ({"voice": "bob"}, {"language": "de"}, {"speed": 3.0}):
            with pytest.raises(InvalidArgumentError):
                voice.synthesize("hello", **wrong)
        assert list(voice.synthesize("hello", language="en-GB"))


class TestOnnxAsr:
    def test_an_utterance(self, recognizer):
        assert isinstance(recognizer, SpeechToText) and recognizer.sample_rate == 16000
        stream = recognizer.stream()
        partials = [stream.feed(BURSTS[start : start + 320]) for start in range(0, len(BURSTS), 320)]
        texts = [partial.text for partial in partials if partial is not None]
        final = stream.finish()
        assert texts and "hey" in final.text and final.is_final
        whole = recognizer.stream()
        whole.feed(BURSTS)
        assert whole.finish() == final
        with pytest.raises(SpeechEngineError, match="finished or cancelled"):
            stream.feed(BURSTS)
        assert recognizer.stream().finish().text == ""

    def test_limits(self, tmp_path):
        recognizer = create_recognizer(
            "onnx-asr", model=make_nemo_ctc(tmp_path / "m"), languages=("en",), max_utterance_s=1.0
        )
        with pytest.raises(InvalidArgumentError, match="understands en, not 'de'"):
            recognizer.stream(language="de")
        with pytest.raises(SpeechEngineError, match="may have 16000 samples"):
            recognizer.stream().feed(BURSTS)
        with pytest.raises(InvalidArgumentError, match="1-D float32"):
            recognizer.stream().feed(BURSTS.astype(np.float64))

    def test_what_cannot_be_loaded(self, tmp_path):
        for spoil in (lambda folder: (folder / "vocab.txt").unlink(), lambda f: (f / "model.onnx").write_bytes(b"no")):
            folder = make_nemo_ctc(tmp_path / "m")
            spoil(folder)
            with pytest.raises(ModelLoadError, match="onnx-asr cannot run"):
                create_recognizer("onnx-asr", model=folder)


class TestSherpa:
    def test_a_streaming_recogniser(self, tmp_path):
        recognizer = create_recognizer(f"sherpa:{make_sherpa_ctc(tmp_path / 'm')}", kind="nemo-ctc")
        stream = recognizer.stream()
        partials = [stream.feed(BURSTS[start : start + 320]) for start in range(0, len(BURSTS), 320)]
        texts = [partial.text for partial in partials if partial is not None]
        final = stream.finish()
        assert len(texts) >= 2 and final.text.startswith("hey") and final.text.startswith(texts[-1])
        assert final.words and 0.3 < final.words[0].start < 1.2
        stream.cancel()
        with pytest.raises(SpeechEngineError, match="finished or cancelled"):
            stream.finish()

    def test_a_voice(self, tmp_path):
        voice = create_synthesizer(f"sherpa:{make_sherpa_vits(tmp_path / 'm')}")
        assert (voice.sample_rate, voice.voices) == (16000, ("0",))
        assert len(spoken(voice, "hello hole. hello")) > len(spoken(voice, "hello")) > 1000
        with pytest.raises(InvalidArgumentError, match="this model has 0 to 0"):
            voice.synthesize("hello", voice="7")

    def test_a_model_that_would_end_the_process(self, tmp_path):
        folder = make_sherpa_ctc(tmp_path / "m")
        with pytest.raises(ModelLoadError, match="sherpa-onnx cannot run"):
            create_recognizer("sherpa", model=folder, kind="zipformer2-ctc")  # its metadata are not there
        (folder / "model.onnx").write_bytes(b"no model")
        with pytest.raises(ModelLoadError, match="sherpa-onnx cannot run"):
            create_recognizer("sherpa", model=folder, kind="wenet-ctc")
        (folder / "tokens.txt").unlink()
        with pytest.raises(ModelLoadError, match=r"no file like tokens\.txt"):
            create_recognizer("sherpa", model=folder, kind="nemo-ctc", is_tried=False)
        with pytest.raises(ModelLoadError, match=r"no file like tokens\.txt"):
            create_synthesizer("sherpa", model=folder, is_tried=False)


class TestSmartTurn:
    def test_the_interface(self, tmp_path):
        from electron_local.speech.smart_turn import SmartTurn

        model = SmartTurn(make_smart_turn(tmp_path))
        noise = (0.3 * rng.standard_normal(16000 * 9)).astype(np.float32)
        silence = np.zeros(8000, np.float32)
        assert model.probability(np.concatenate([noise, silence])) > 0.9
        assert model.probability(noise) < 0.6
        assert 0 <= model.probability(np.zeros(0, np.float32)) <= 1
        long, same = np.concatenate([silence, noise]), noise
        assert model.probability(long) == pytest.approx(model.probability(same))
        with pytest.raises(InvalidArgumentError):
            model.probability(noise.astype(np.float64))

    def test_by_name(self, tmp_path):
        assert isinstance(create_end_of_turn_model("smart-turn", model=make_smart_turn(tmp_path)), EndOfTurnModel)
        with pytest.raises(InvalidArgumentError, match="smart-turn needs weights: name them as smart-turn:PATH"):
            create_end_of_turn_model("smart-turn")
        with pytest.raises(InvalidArgumentError, match="unknown end-of-turn model 'ears'; known: smart-turn"):
            create_end_of_turn_model("ears")

    def test_other_models_are_refused(self, tmp_path):
        from electron_local.speech.smart_turn import SmartTurn

        with pytest.raises(ModelLoadError, match="is no Smart Turn model"):
            SmartTurn(make_nemo_ctc(tmp_path / "m") / "model.onnx")

    def test_features(self):
        assert np.allclose(log_mel(np.zeros(16000, np.float32)), -1.5)
        tone = np.sin(2 * np.pi * 1000 * np.arange(16000) / 16000).astype(np.float32)
        features = log_mel(tone)
        assert features.shape == (80, 100) and features.dtype == np.float32
        # 1 kHz is 15 mels of 45.245: of 80 bands the one about 15 / 45.245 * 81 - 1
        assert abs(int(features[:, 50].argmax()) - 26) <= 1
        assert features.max() - features.min() <= 2.0 + 1e-6


def test_onnxruntime_has_one_thread_that_does_not_spin():
    import onnxruntime

    from electron_local.speech.onnx_session import session_options

    options = session_options(onnxruntime)
    assert (options.intra_op_num_threads, options.inter_op_num_threads) == (1, 1)
    assert options.get_session_config_entry("session.intra_op.allow_spinning") == "0"
    assert session_options(onnxruntime, n_threads=2).intra_op_num_threads == 2


@pytest.mark.parametrize(
    ("create", "spec", "package", "extra"),
    [
        (create_recognizer, "onnx-asr", "onnxruntime", "neural"),
        (create_recognizer, "onnx-asr", "onnx_asr", "neural"),
        (create_recognizer, "sherpa", "sherpa_onnx", "sherpa"),
        (create_synthesizer, "sherpa", "sherpa_onnx", "sherpa"),
        (create_synthesizer, "piper", "onnxruntime", "neural"),
    ],
)
def test_a_missing_package_names_the_extra(monkeypatch, tmp_path, create, spec, package, extra):
    monkeypatch.setitem(sys.modules, package, None)
    model = make_piper(tmp_path) if spec == "piper" else tmp_path
    with pytest.raises(MissingDependencyError, match=rf"pip install 'electron-local\[{extra}\]'"):
        create(f"{spec}:{model}")
