"""The bundled spoken requests: Flite voices, 16 kHz mono WAVs, and what the agent should do with each."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from electron_local.errors import InvalidArgumentError

_FOLDER = Path(__file__).parent / "recordings"


@dataclass(frozen=True)
class Recording:
    """One spoken request, and the tool call it should lead to.

    Attributes: `id`; `path` of the WAV; `text` as spoken, lower case; `voice`, Flite's name; `tool`; `arguments`.

    >>> recording = load_recordings()[0]
    >>> recording.id, recording.tool, recording.arguments
    ('temperature', 'set_temperature', {'degrees': 22})
    """

    id: str
    path: Path
    text: str
    voice: str
    tool: str
    arguments: dict[str, Any]


@lru_cache(maxsize=1)
def load_recordings() -> tuple[Recording, ...]:
    """All bundled recordings, in the order of recordings.json."""
    entries = json.loads((_FOLDER / "recordings.json").read_text(encoding="utf-8"))
    return tuple(
        Recording(
            entry["id"], _FOLDER / entry["file"], entry["text"], entry["voice"], entry["tool"], entry["arguments"]
        )
        for entry in entries
    )


def find_recording(recording_id: str) -> Recording:
    """The recording with this id. Raises InvalidArgumentError for an unknown one."""
    for recording in load_recordings():
        if recording.id == recording_id:
            return recording
    known = ", ".join(recording.id for recording in load_recordings())
    raise InvalidArgumentError(f"unknown recording {recording_id!r}; known: {known}")
