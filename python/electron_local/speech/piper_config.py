"""`NAME.onnx.json` of a Piper voice, and phonemes as its model reads them. Source: rhasspy/piper, VITS export."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from electron_local.errors import ModelLoadError

_START, _PAD, _END = "^", "_", "$"


@dataclass(frozen=True)
class PiperConfig:
    """What a voice says of itself; `speakers` is empty where there is one."""

    sample_rate: int
    espeak_voice: str
    phoneme_ids: Mapping[str, Sequence[int]]
    speakers: Mapping[str, int]
    noise_scale: float
    length_scale: float
    noise_w: float


def read_piper_config(path: Path) -> PiperConfig:
    """Read the file. Raises ModelLoadError where it is missing, damaged, or of a voice without espeak's phonemes."""
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelLoadError(f"{path} beside the Piper voice cannot be read: {error}") from error
    try:
        return _read(config)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ModelLoadError(f"{path} is no description of a Piper voice: {type(error).__name__} {error}") from error


def phoneme_ids(phonemes: str, table: Mapping[str, Sequence[int]]) -> list[int]:
    """Ids with a pad between each two; phonemes that the voice does not know are left out.

    >>> phoneme_ids("ab", {"^": [1], "_": [0], "$": [2], "a": [7], "b": [8]})
    [1, 0, 7, 0, 8, 0, 2]
    """
    ids = [*table[_START], *table[_PAD]]
    for phoneme in unicodedata.normalize("NFD", phonemes):
        if phoneme in table:
            ids += [*table[phoneme], *table[_PAD]]
    return [*ids, *table[_END]]


def _read(config: dict[str, Any]) -> PiperConfig:
    if config.get("phoneme_type", "espeak") != "espeak":
        raise ValueError(f"phoneme_type {config['phoneme_type']!r}; only espeak is known")
    table = {str(key): [int(each) for each in ids] for key, ids in config["phoneme_id_map"].items()}
    for mark in (_START, _PAD, _END):
        table[mark]  # a KeyError names what is missing
    inference = config.get("inference", {})
    rate = int(config["audio"]["sample_rate"])
    if not 4000 <= rate <= 192000:
        raise ValueError(f"sample_rate {rate}")
    return PiperConfig(
        sample_rate=rate,
        espeak_voice=str(config["espeak"]["voice"]).lower(),
        phoneme_ids=table,
        speakers={str(name): int(index) for name, index in config.get("speaker_id_map", {}).items()},
        noise_scale=float(inference.get("noise_scale", 0.667)),
        length_scale=float(inference.get("length_scale", 1.0)),
        noise_w=float(inference.get("noise_w", 0.8)),
    )
