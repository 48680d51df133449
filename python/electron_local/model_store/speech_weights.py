"""What a file or folder of speech weights is, by what lies in it; nothing is loaded."""

from __future__ import annotations

import json
import mmap
from dataclasses import dataclass
from pathlib import Path

from electron_local.errors import ModelLoadError

SPEECH_FOLDER = "speech"  # inside the store's: what lies there has its own name without being added


@dataclass(frozen=True)
class SpeechKind:
    """`engine` is what names it: `ENGINE:NAME`; `use` says where."""

    engine: str
    use: str


PIPER = SpeechKind("piper", "--tts piper:{name}")
MOONSHINE = SpeechKind("moonshine", "--stt moonshine:{name}")
ONNX_ASR = SpeechKind("onnx-asr", "--stt onnx-asr:{name}")
SHERPA_RECOGNIZER = SpeechKind("sherpa", "--stt sherpa:{name}")
SHERPA_VOICE = SpeechKind("sherpa", "--tts sherpa:{name}")
SMART_TURN = SpeechKind("smart-turn", "--end-of-turn smart-turn:{name}")


def speech_kind(path: Path) -> SpeechKind | None:
    """What the weights at `path` are for; None: for nothing that is known."""
    if path.is_file():
        return _kind_of_file(path)
    if not path.is_dir():
        return None
    if (path / "tokenizer.bin").is_file() and list(path.glob("decoder_model_merged.*")):
        return MOONSHINE
    if (path / "tokens.txt").is_file() and list(path.glob("*.onnx")):
        is_voice = bool([*path.glob("voices*.bin"), *path.glob("lexicon*.txt"), *path.glob("*vocos*.onnx")])
        return SHERPA_VOICE if is_voice or (path / "espeak-ng-data").is_dir() else SHERPA_RECOGNIZER
    if _is_onnx_asr(path):
        return ONNX_ASR
    voices = [each for each in path.glob("*.onnx") if _kind_of_file(each) is PIPER]
    return PIPER if len(voices) == 1 else None


def check_speech_weights(path: Path) -> SpeechKind:
    """`speech_kind`. Raises ModelLoadError that says what would be known."""
    kind = speech_kind(path)
    if kind is None:
        raise ModelLoadError(
            f"{path} is neither a GGUF file nor known speech weights: a Piper voice (NAME.onnx with NAME.onnx.json), a "
            "folder for sherpa-onnx (tokens.txt, ONNX files), for onnx-asr (config.json, ONNX files) or for Moonshine "
            "(tokenizer.bin, two networks), or a Smart Turn model (NAME.onnx)"
        )
    return kind


def size_of(path: Path) -> int:
    """Bytes of a file, or of all files in a folder."""
    if path.is_dir():
        return sum(each.stat().st_size for each in path.rglob("*") if each.is_file())
    return path.stat().st_size


def _kind_of_file(path: Path) -> SpeechKind | None:
    if path.suffix != ".onnx" or path.stat().st_size == 0:
        return None
    if path.with_name(path.name + ".json").is_file():
        return PIPER
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return SMART_TURN if data.find(b"input_features") >= 0 else None


def _is_onnx_asr(folder: Path) -> bool:
    if not list(folder.glob("**/*.onnx")):
        return False
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(config, dict) and "model_type" in config
