"""The models that can be had by name. The list is models/catalogue.json in the source tree."""

from __future__ import annotations

import json
from dataclasses import dataclass

from electron_local.errors import InvalidArgumentError
from electron_local.model_files import data_file


@dataclass(frozen=True)
class CatalogueEntry:
    """`size_bytes` and `sha256` None: not known beforehand; the store records them at the first pull."""

    name: str
    url: str
    license: str
    size_bytes: int | None
    sha256: str | None
    note: str


def catalogue() -> tuple[CatalogueEntry, ...]:
    """All entries, in the list's order.

    >>> next(entry.license for entry in catalogue() if entry.name == "qwen3-0.6b")
    'Apache-2.0'
    """
    return tuple(CatalogueEntry(**entry) for entry in json.loads(data_file("catalogue.json").read_text()))


def find_entry(name: str) -> CatalogueEntry:
    """The entry called `name`. Raises InvalidArgumentError with the names there are."""
    entries = catalogue()
    for entry in entries:
        if entry.name == name:
            return entry
    raise InvalidArgumentError(f"no model {name!r} in the catalogue; it has {', '.join(e.name for e in entries)}")
