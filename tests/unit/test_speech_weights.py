"""Where the weights of speech engines belong: added, listed, described, found by name."""

from __future__ import annotations

import pytest

from electron_local.cli import main
from electron_local.errors import ModelLoadError
from electron_local.model_store.speech_weights import speech_kind
from electron_local.model_store.store import ModelStore
from electron_local.speech.weights import find_weights


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("ELECTRON_LOCAL_MODELS", str(tmp_path / "models"))
    return tmp_path / "models"


def made(folder, *names, **contents):
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_text(contents.get(name.partition(".")[0], "x"))
    return folder


def test_kinds(tmp_path):
    kinds = {
        "piper": made(tmp_path / "a", "amy.onnx", "amy.onnx.json") / "amy.onnx",
        "sherpa": made(tmp_path / "b", "tokens.txt", "encoder.onnx", "decoder.onnx", "joiner.onnx"),
        "onnx-asr": made(tmp_path / "c", "model.onnx", "config.json", config='{"model_type": "whisper"}'),
        "moonshine": made(tmp_path / "i", "encoder_model.ort", "decoder_model_merged.ort", "tokenizer.bin"),
        "smart-turn": made(tmp_path / "d", "turn.onnx", turn="..input_features..") / "turn.onnx",
    }
    for engine, path in kinds.items():
        assert speech_kind(path).engine == engine
    assert speech_kind(tmp_path / "a").engine == "piper"
    assert speech_kind(made(tmp_path / "e", "tokens.txt", "model.onnx", "voices.bin")).use == "--tts sherpa:{name}"
    assert speech_kind(tmp_path / "b").use == "--stt sherpa:{name}"
    for nothing in (made(tmp_path / "f", "readme.txt"), made(tmp_path / "g", "x.onnx") / "x.onnx", tmp_path / "none"):
        assert speech_kind(nothing) is None
    made(tmp_path / "h", "a.onnx", "config.json", config="{")
    assert speech_kind(tmp_path / "h") is None


def test_add_list_info_and_find(tmp_path, folder, capsys):
    voice = made(tmp_path / "voices", "amy.onnx", "amy.onnx.json") / "amy.onnx"
    assert main(["models", "add", str(voice)]) == 0
    assert "use it as --tts piper:amy" in capsys.readouterr().out
    made(folder / "speech" / "zipformer", "tokens.txt", "encoder.onnx", "decoder.onnx", "joiner.onnx")
    assert main(["models", "list"]) == 0
    listed = capsys.readouterr().out
    assert "--tts piper:amy" in listed and "--stt sherpa:zipformer" in listed and str(folder / "speech") in listed
    for name, use in (("amy", "--tts piper:amy"), ("zipformer", "--stt sherpa:zipformer")):
        assert main(["models", "info", name]) == 0
        assert use in capsys.readouterr().out
    assert find_weights("amy", "piper") == voice.resolve()
    assert find_weights("zipformer", "sherpa") == folder / "speech" / "zipformer"
    with pytest.raises(ModelLoadError, match="is no GGUF file"):
        ModelStore().find("amy")
    assert main(["models", "remove", "amy"]) == 0 and voice.is_file()


def test_what_is_neither(tmp_path, capsys):
    assert main(["models", "add", str(made(tmp_path / "f", "readme.txt"))]) == 1
    assert "is neither a GGUF file nor known speech weights" in capsys.readouterr().err
    assert main(["models", "add", str(tmp_path / "nowhere.gguf")]) == 1
