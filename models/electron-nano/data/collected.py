"""Requests for the demo's tools that no grammar makes: written by hand (`demo.txt`), or heard by the recogniser
(`heard.txt`, made by `recognise.py`: tool, arguments and what was heard)."""

from __future__ import annotations

import json
from collections import defaultdict
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from .entities import is_held_out
from .word_table import WordTable
from .written_tools import Asked, Value, WrittenOffer, read

_WRITTEN, _HEARD = (Path(__file__).with_name(name) for name in ("demo.txt", "heard.txt"))


@cache
def _written() -> dict[str, WrittenOffer]:
    """The written requests by tool, without those about an entity that is kept for the evaluation."""
    found = {}
    for tool in read(_WRITTEN) if _WRITTEN.exists() else ():
        tool.asked[:] = [a for a in tool.asked if not _is_kept_out(a)]
        found[tool.names[0]] = WrittenOffer(tool, {}, {slot: slot for slot in tool.parameters})
    return found


def _is_kept_out(asked: Asked) -> bool:
    texts = [v.value for v in asked.values.values() if isinstance(v.value, str)]
    return any(is_held_out(part) for text in texts for part in (text, *text.split()))


def written(tool: str, rng: Random, table: WordTable) -> tuple[str, dict[str, Value]] | None:
    """A written request with `{slot}` where its values stand, and the values."""
    offer = _written().get(tool)
    if not offer:
        return None
    sentence, values = offer.ask(rng, table)
    return sentence, {slot: values[slot] for slot in offer.tool.parameters if slot in values}


@cache
def _heard() -> dict[str, list[tuple[str, dict[str, Any]]]]:
    found = defaultdict(list)
    for line in _HEARD.read_text(encoding="utf-8").splitlines() if _HEARD.exists() else ():
        tool, args, text = line.split("|")
        found[tool].append((text, json.loads(args)))
    return found


def heard(tool: str, rng: Random) -> tuple[str, dict[str, Any]] | None:
    """What the recogniser made of a request, and the arguments that it is for."""
    lines = _heard().get(tool)
    return rng.choice(lines) if lines else None
