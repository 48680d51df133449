"""`electron-local models`: the model files of this machine, and those that can be fetched."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

from electron_local.cli.progress_bar import ProgressBar
from electron_local.errors import InvalidArgumentError
from electron_local.model_files import bundled_model
from electron_local.model_store.catalogue import CatalogueEntry, catalogue, find_entry
from electron_local.model_store.download import Wanted, download, file_sha256
from electron_local.model_store.gguf_header import read_header
from electron_local.model_store.speech_weights import SPEECH_FOLDER, check_speech_weights, size_of, speech_kind
from electron_local.model_store.store import BUNDLED_NAME, ModelStore, StoredModel, check_name


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """One subcommand each."""
    commands = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    commands.add_parser("list", help="show the models here, and those of the catalogue")
    add = commands.add_parser("add", help="give a local GGUF file, or the weights of a speech engine, a name")
    add.add_argument("path", type=Path, metavar="PATH")
    add.add_argument("--name", help="default: the file's name")
    remove = commands.add_parser("remove", help="forget a model; a pulled file is deleted, an added one stays")
    remove.add_argument("name")
    info = commands.add_parser("info", help="what a model is, and whether its file is what came")
    info.add_argument("model", help="a name, a GGUF file, or the weights of a speech engine")
    info.add_argument("--check", action="store_true", help="compute the SHA-256 too")
    pull = commands.add_parser("pull", help="fetch a model of the catalogue, or a URL; goes on where it stopped")
    pull.add_argument("source", metavar="NAME|URL")
    pull.add_argument("--name", help="default: the catalogue's, or the file's")


def run(arguments: argparse.Namespace) -> int:
    """Do the subcommand."""
    store = ModelStore()
    if arguments.action == "list":
        _list(store)
    elif arguments.action == "add":
        model = store.add(arguments.path, arguments.name)
        print(f"{model.name}: {model.path}")
        kind = speech_kind(Path(model.path))
        if kind is not None:
            print(f"use it as {kind.use.format(name=model.name)}")
    elif arguments.action == "remove":
        model = store.remove(arguments.name)
        print(f"{model.name} removed; " + ("its file is deleted" if model.is_pulled else f"{model.path} stays"))
    elif arguments.action == "info":
        return _info(store, arguments.model, is_checked=arguments.check)
    else:
        pull(store, arguments.source, arguments.name)
    return 0


def _list(store: ModelStore) -> None:
    stored = store.models()
    rows = [(BUNDLED_NAME, _size(bundled_model()), "bundled", "Apache-2.0")]
    for model in stored.values():
        state = "pulled" if model.is_pulled else "added"
        rows.append((model.name, _size(Path(model.path)), state, model.license or _use(model.name, Path(model.path))))
    rows += [(name, _size(path), "speech", _use(name, path)) for name, path in store.speech_files().items()]
    for entry in catalogue():
        if entry.name not in stored:
            size = "" if entry.size_bytes is None else _megabytes(entry.size_bytes)
            rows.append((entry.name, size, "to pull", f"{entry.license}; {entry.note}"))
    for name, size, state, rest in rows:
        print(f"{name:<20} {size:>9}  {state:<8} {rest}".rstrip())
    print(f"\nweights of speech engines: `models add PATH`, or put them into {store.folder / SPEECH_FOLDER}")


def _use(name: str, path: Path) -> str:
    kind = speech_kind(path)
    return "" if kind is None else kind.use.format(name=name)


def _info(store: ModelStore, name: str, *, is_checked: bool) -> int:
    speech = store.find_speech(name)
    if speech is not None and (speech.is_dir() or speech.suffix == ".onnx"):
        kind = check_speech_weights(speech)
        print(f"weights       {speech} ({_size(speech)})\nengine        {kind.engine}")
        print(f"use           {kind.use.format(name=name)}")
        return 0
    path = store.find(name)
    stored = store.models().get(name)
    header = read_header(path)
    print(f"file          {path} ({_size(path)})")
    for key in ("general.name", "general.architecture", "general.size_label", "general.license"):
        if key in header:
            print(f"{key.removeprefix('general.'):<13} {header[key]}")
    length = header.get(f"{header.get('general.architecture')}.context_length")
    if length is not None:
        print(f"context       {length} tokens")
    print(f"tool calls    {_calls(header.get('tokenizer.chat_template'))}")
    if stored is not None and stored.url:
        print(f"source        {stored.url} ({stored.license or 'licence not known'})")
    if not is_checked:
        return 0
    digest = file_sha256(path)
    known = stored.sha256 if stored is not None else None
    verdict = "not recorded before" if known is None else "as recorded" if known == digest else f"WAS {known}"
    print(f"sha256        {digest} ({verdict})")
    return 0 if known in (None, digest) else 1


def _calls(template: str | None) -> str:
    from electron_local.chat.tools import detect_tool_format

    if template is None:
        return "in the Hermes form, by the fall-back template"
    tool_format = detect_tool_format(template)
    return "in a form that the runtime asks for" if tool_format.is_prompted else f"behind {tool_format.marker}"


def pull(store: ModelStore, source: str, name: str | None = None) -> StoredModel:
    """Fetch a model of the catalogue, or any URL, into the store; the bar goes to standard error."""
    entry = _entry_of(source)
    name = name or entry.name
    check_name(name)
    taken = store.models().get(name)
    if taken is not None and not taken.is_pulled:
        raise InvalidArgumentError(f"the name {name!r} is taken by {taken.path}; give another with --name")
    target = store.folder / f"{name}.gguf"
    if taken is not None and taken.url == entry.url and target.is_file():
        print(f"{name} is here: {target}")
        return taken
    print(f"{entry.url}\nlicence: {entry.license}", file=sys.stderr)
    with ProgressBar(sys.stderr) as bar:
        digest = download(Wanted(entry.url, entry.size_bytes, entry.sha256), target, bar.update)
    kept = store.keep(StoredModel(name, str(target), True, digest, entry.url, entry.license))
    told = "as the catalogue says" if entry.sha256 else "nothing to compare it with; recorded now"
    print(f"{name}: {target}\nsha256 {digest} ({told})")
    return kept


def _entry_of(source: str) -> CatalogueEntry:
    if "://" not in source:
        return find_entry(source)
    parts = urlsplit(source)
    if parts.scheme not in ("http", "https"):
        raise InvalidArgumentError(f"{source[:80]!r}: only http and https URLs can be pulled")
    name = Path(unquote(parts.path)).name.removesuffix(".gguf")
    return CatalogueEntry(name, source, "not known", None, None, "")


def _size(path: Path) -> str:
    return _megabytes(size_of(path)) if path.exists() else "MISSING"


def _megabytes(n_bytes: int) -> str:
    return f"{n_bytes / 1e6:,.1f} MB"
