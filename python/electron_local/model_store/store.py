"""The models of this machine by name: where each file lies, and what was known of it when it came."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from electron_local.errors import ElectronError, InvalidArgumentError, ModelLoadError
from electron_local.model_files import bundled_model
from electron_local.model_store.speech_weights import SPEECH_FOLDER, check_speech_weights, speech_kind

_INDEX = "models.json"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_MAGIC = b"GGUF"
BUNDLED_NAME = "electron"


@dataclass(frozen=True)
class StoredModel:
    """`is_pulled`: the file is the store's own and goes when the model is removed. `sha256` None: never computed."""

    name: str
    path: str
    is_pulled: bool = False
    sha256: str | None = None
    url: str | None = None
    license: str | None = None


def default_folder() -> Path:
    """`$ELECTRON_LOCAL_MODELS`, else `electron_local/models` in the user's data folder (XDG)."""
    own = os.environ.get("ELECTRON_LOCAL_MODELS")
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(own) if own else Path(data) / "electron_local" / "models"


class ModelStore:
    """Names and files of models, in one folder with an index. Each change is written at once, or raises ElectronError.

    >>> import tempfile
    >>> store = ModelStore(Path(tempfile.mkdtemp()))
    >>> store.add(bundled_model(), "mine").name
    'mine'
    >>> store.find("mine") == bundled_model()
    True
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = default_folder() if folder is None else folder

    def models(self) -> Mapping[str, StoredModel]:
        """All by name. Raises ModelLoadError when the index is damaged."""
        index = self.folder / _INDEX
        if not index.is_file():
            return {}
        try:
            return {name: _read_entry(name, entry) for name, entry in json.loads(index.read_text()).items()}
        except (ValueError, TypeError, AttributeError) as error:
            raise ModelLoadError(f"{index} is damaged ({error}); mend or delete it") from error

    def add(self, path: Path, name: str | None = None) -> StoredModel:
        """Give a local GGUF file, or speech weights, a name: its own without the ending, unless told. It stays there.

        Raises InvalidArgumentError for a name that is bad or taken, ModelLoadError for what is neither.
        """
        name = (path.name if path.is_dir() else path.stem) if name is None else name
        taken = self.models().get(name)
        if taken is not None and Path(taken.path) != path.resolve():
            raise InvalidArgumentError(f"the name {name!r} is taken by {taken.path}; give another with --name")
        return self.keep(StoredModel(name, str(path.resolve())))

    def keep(self, model: StoredModel) -> StoredModel:
        """Write `model` into the index, over what had its name."""
        check_name(model.name)
        check_weights(Path(model.path))
        self._write({**self.models(), model.name: model})
        return model

    def remove(self, name: str) -> StoredModel:
        """Forget a model; delete its file only if it was pulled. Raises InvalidArgumentError for an unknown name."""
        models = dict(self.models())
        if name not in models:
            known = ", ".join(models) or "none"
            raise InvalidArgumentError(f"no model {name!r} was added or pulled; there are: {known}")
        model = models.pop(name)
        if model.is_pulled:
            Path(model.path).unlink(missing_ok=True)
        self._write(models)
        return model

    def find(self, name_or_path: str | Path) -> Path:
        """The file of a model: a path that exists, else a name of the store's, else the bundled model's.

        Raises ModelLoadError that says what to do.
        """
        path = Path(name_or_path)
        if path.exists():
            return path
        stored = self.models().get(str(name_or_path))
        if stored is not None:
            check_gguf(Path(stored.path))
            return Path(stored.path)
        if str(name_or_path) == BUNDLED_NAME:
            return bundled_model()
        raise ModelLoadError(
            f"{str(name_or_path)!r} is neither a file nor the name of a model on this machine; "
            "`electron-local models list` shows the names, `models pull NAME` fetches one"
        )

    def find_speech(self, name_or_path: str | Path) -> Path | None:
        """Speech weights: a path that exists, a name of the store's, or one in its folder `speech`; None: none is."""
        path = Path(name_or_path).expanduser()
        if path.exists():
            return path
        stored = self.models().get(str(name_or_path))
        if stored is not None and Path(stored.path).exists():
            return Path(stored.path)
        return self.speech_files().get(str(name_or_path))

    def speech_files(self) -> dict[str, Path]:
        """What lies in the store's folder `speech`, by name."""
        folder = self.folder / SPEECH_FOLDER
        found = sorted(folder.iterdir()) if folder.is_dir() else []
        return {(path.name if path.is_dir() else path.stem): path for path in found if speech_kind(path) is not None}

    def _write(self, models: Mapping[str, StoredModel]) -> None:
        entries = {name: {k: v for k, v in asdict(model).items() if k != "name"} for name, model in models.items()}
        fresh = self.folder / f"{_INDEX}.{os.getpid()}"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            fresh.write_text(json.dumps(entries, indent=2) + "\n")
            fresh.replace(self.folder / _INDEX)
        except OSError as error:
            raise ElectronError(
                f"{self.folder}: no names can be kept ({error.strerror}); ELECTRON_LOCAL_MODELS names another folder"
            ) from error


def _read_entry(name: str, entry: dict[str, Any]) -> StoredModel:
    model = StoredModel(name=name, **entry)
    if not isinstance(entry["path"], str):
        raise TypeError(f"the path of {name!r} is {model.path!r}, not a text")
    return model


def check_name(name: str) -> None:
    """Raise InvalidArgumentError unless `name` may name a model."""
    if not _NAME.fullmatch(name):
        raise InvalidArgumentError(f"{name[:80]!r} is no name for a model: 1 to 64 letters, digits and . _ -")


def check_weights(path: Path) -> None:
    """Raise ModelLoadError unless there is a GGUF file, or speech weights of a known kind."""
    if path.is_file() and path.suffix != ".onnx":
        check_gguf(path)
    else:
        check_speech_weights(path)


def check_gguf(path: Path) -> None:
    """Raise ModelLoadError unless the file begins as a GGUF file does."""
    try:
        with path.open("rb") as file:
            magic = file.read(len(_MAGIC))
    except OSError as error:
        raise ModelLoadError(f"{path}: {error.strerror}") from error
    if magic != _MAGIC:
        raise ModelLoadError(f"{path} is no GGUF file: it begins with {magic!r}, not {_MAGIC!r}")
