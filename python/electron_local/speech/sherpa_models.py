"""Models of sherpa-onnx out of the folders in which their makers publish them.

sherpa-onnx ends the process on a model that it cannot run, so a model is tried in a process of its own before it is
loaded here; once in the life of this process.
"""

from __future__ import annotations

import subprocess
import sys
from functools import lru_cache
from pathlib import Path
from typing import Any

from electron_local.errors import InvalidArgumentError, MissingDependencyError, ModelLoadError
from electron_local.speech.weights import one_file

RECOGNIZER_KINDS = {"zipformer2-ctc": "from_zipformer2_ctc", "nemo-ctc": "from_nemo_ctc", "wenet-ctc": "from_wenet_ctc"}
VOICE_KINDS = ("kokoro", "kitten", "matcha", "vits")
_TIMEOUT_S = 120.0


def import_sherpa(what: str) -> Any:
    """The module `sherpa_onnx`. Raises MissingDependencyError that names `what` needs it."""
    try:
        import sherpa_onnx
    except (ImportError, OSError) as error:
        raise MissingDependencyError(
            f"{what} needs sherpa-onnx: pip install 'electron-local[sherpa]' ({error})"
        ) from error
    return sherpa_onnx


def open_recognizer(folder: str, kind: str, n_threads: int) -> Any:
    """The streaming recogniser in a folder; `kind` is that of a model in one file. Raises ModelLoadError."""
    sherpa = import_sherpa("recognition with sherpa")
    path = Path(folder)
    arguments: dict[str, Any] = {"tokens": str(one_file(path, "tokens.txt")), "num_threads": n_threads}
    if list(path.glob("*joiner*.onnx")):
        maker, parts = "from_transducer", ["encoder", "decoder", "joiner"]
    elif list(path.glob("*encoder*.onnx")):
        maker, parts = "from_paraformer", ["encoder", "decoder"]
    elif kind in RECOGNIZER_KINDS:
        maker, parts = RECOGNIZER_KINDS[kind], []
        arguments["model"] = str(one_file(path, "model*.onnx", "*.onnx"))
    else:
        raise InvalidArgumentError(f"unknown kind {kind!r}; known: {', '.join(RECOGNIZER_KINDS)}")
    arguments |= {part: str(one_file(path, f"*{part}*.onnx")) for part in parts}
    return getattr(sherpa.OnlineRecognizer, maker)(**arguments)


def open_voice(folder: str, kind: str | None, n_threads: int) -> Any:
    """The synthesiser in a folder; `kind` None: by its files. Raises ModelLoadError."""
    sherpa = import_sherpa("synthesis with sherpa")
    path = Path(folder)
    kind = kind or voice_kind(path)
    if kind not in VOICE_KINDS:
        raise InvalidArgumentError(f"unknown kind {kind!r}; known: {', '.join(VOICE_KINDS)}")
    shared = {"tokens": str(one_file(path, "tokens.txt")), **_beside(path)}
    parts: dict[str, Any] = {}
    if kind == "matcha":
        parts["matcha"] = sherpa.OfflineTtsMatchaModelConfig(
            acoustic_model=str(one_file(path, "model*.onnx")),
            vocoder=str(one_file(path, "*vocos*.onnx", "*hifigan*.onnx", "*vocoder*.onnx")),
            **shared,
        )
    elif kind == "vits":
        parts["vits"] = sherpa.OfflineTtsVitsModelConfig(model=str(one_file(path, "*.onnx")), **shared)
    else:
        maker = sherpa.OfflineTtsKokoroModelConfig if kind == "kokoro" else sherpa.OfflineTtsKittenModelConfig
        voices = str(one_file(path, "voices*.bin"))
        parts[kind] = maker(model=str(one_file(path, "model*.onnx", "*.onnx")), voices=voices, **shared)
    model = sherpa.OfflineTtsModelConfig(**parts, num_threads=n_threads)
    return sherpa.OfflineTts(sherpa.OfflineTtsConfig(model=model))


def voice_kind(folder: Path) -> str:
    """Kokoro and Kitten have the same files: a folder named after Kitten is one."""
    if list(folder.glob("voices*.bin")):
        return "kitten" if "kitten" in folder.name.lower() else "kokoro"
    has_vocoder = any(list(folder.glob(pattern)) for pattern in ("*vocos*.onnx", "*hifigan*.onnx", "*vocoder*.onnx"))
    return "matcha" if has_vocoder else "vits"


@lru_cache(maxsize=16)
def try_elsewhere(function: str, folder: str, kind: str | None, n_threads: int) -> None:
    """Call a function of this module in another process. Raises ModelLoadError with what it printed if it fails."""
    statement = f"from electron_local.speech.sherpa_models import {function} as open_it; open_it"
    words = [sys.executable, "-c", f"{statement}({folder!r}, {kind!r}, {n_threads})"]
    try:
        done = subprocess.run(
            words,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise ModelLoadError(f"{folder} was not loaded within {_TIMEOUT_S:g} s") from error
    if done.returncode != 0:
        said = [line.strip() for line in (done.stderr or done.stdout).strip().splitlines()]
        told = " | ".join(said[-4:])[-600:] or f"it ended with {done.returncode}"
        raise ModelLoadError(f"sherpa-onnx cannot run {folder}: {told}")


def _beside(folder: Path) -> dict[str, str]:
    found = {}
    if (folder / "espeak-ng-data").is_dir():
        found["data_dir"] = str(folder / "espeak-ng-data")
    lexicons = sorted(str(path) for path in folder.glob("lexicon*.txt"))
    if lexicons:
        found["lexicon"] = ",".join(lexicons)
    return found
