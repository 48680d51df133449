"""The metadata of a GGUF file, without loading the model. Source: the GGUF specification, versions 2 and 3."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any, BinaryIO

from electron_local.errors import ModelLoadError

_MAGIC = b"GGUF"
_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING, _ARRAY = 8, 9
_MOST_ENTRIES = 65536
_MOST_TEXT_BYTES = 1 << 24
_MOST_KEPT = 16  # items of an array


def read_header(path: Path) -> dict[str, Any]:
    """Key to value, in the file's order; of an array longer than a few items only its length, as "N items".

    Raises ModelLoadError for a file that is not GGUF or ends too early.
    """
    try:
        with path.open("rb") as file:
            return _read(file, path)
    except OSError as error:
        raise ModelLoadError(f"{path}: {error.strerror}") from error
    except (struct.error, UnicodeDecodeError, KeyError, OverflowError, MemoryError) as error:
        raise ModelLoadError(f"{path}: its header is damaged ({type(error).__name__}: {error})") from error


def _read(file: BinaryIO, path: Path) -> dict[str, Any]:
    if file.read(4) != _MAGIC:
        raise ModelLoadError(f"{path} is no GGUF file")
    version, _, n_entries = _unpack(file, "<IQQ")
    if version not in (2, 3) or n_entries > _MOST_ENTRIES:
        raise ModelLoadError(f"{path}: GGUF version {version} with {n_entries} entries cannot be read")
    return {_text(file): _value(file, _unpack(file, "<I")[0]) for _ in range(n_entries)}


def _value(file: BinaryIO, kind: int) -> Any:
    if kind == _STRING:
        return _text(file)
    if kind != _ARRAY:
        return _unpack(file, "<" + _SCALARS[kind])[0]
    inner, n_items = _unpack(file, "<IQ")
    if inner == _STRING:
        items = [_text(file) for _ in range(min(n_items, _MOST_KEPT))]
        for _ in range(n_items - len(items)):
            file.seek(_unpack(file, "<Q")[0], 1)
    else:
        form = _SCALARS[inner]
        n_kept = min(n_items, _MOST_KEPT)
        items = list(_unpack(file, f"<{n_kept}{form}"))
        file.seek((n_items - n_kept) * struct.calcsize("<" + form), 1)
    return items if n_items <= _MOST_KEPT else f"{n_items} items"


def _text(file: BinaryIO) -> str:
    (length,) = _unpack(file, "<Q")
    if length > _MOST_TEXT_BYTES:
        raise OverflowError(f"a text of {length} bytes")
    return str(_unpack(file, f"<{length}s")[0], "utf-8")


def _unpack(file: BinaryIO, form: str) -> tuple[Any, ...]:
    return struct.unpack(form, file.read(struct.calcsize(form)))
