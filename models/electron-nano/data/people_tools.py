"""Tools made of the intents and slots of public dialogue sets, asked for in people's own words."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from .intents import listed
from .people_slots import IGNORED, INTEGERS, PARAMETERS, integer
from .public_text import FILES, is_test, rows

Json = dict[str, Any]
MIN_SLOT_SHARE, REQUIRED_SHARE, MAX_SLOTS = 0.08, 0.97, 5


@dataclass(frozen=True)
class Said:
    """A request and the values of its slots, each found in it word for word."""

    text: str
    values: dict[str, str | int]


@dataclass(frozen=True)
class Intent:
    """What people ask for: how a tool for it may be named and described, its slots, and requests."""

    key: str
    names: list[str]
    descriptions: list[str]
    held_out: bool
    slots: list[str]
    required: list[str]
    said: list[Said]

    def tool(self, rng: Random) -> Offer:
        """A tool for this intent, with one of its names and descriptions."""
        renamed = {slot: rng.choice(PARAMETERS.get(slot, [slot])) for slot in self.slots}
        if len(set(renamed.values())) < len(renamed):
            renamed = {slot: slot for slot in self.slots}
        properties: Json = {}
        for slot, name in renamed.items():
            properties[name] = {"type": "integer" if slot in INTEGERS else "string"}
            if rng.random() < 0.6:
                properties[name]["description"] = slot.replace("_", " ")
        schema = {"type": "object", "properties": properties, "required": [renamed[s] for s in self.required]}
        name = rng.choice(self.names)
        if rng.random() < 0.15:
            first, *others = name.split("_")
            name = first + "".join(part.capitalize() for part in others)
        function = {"name": name, "description": rng.choice(self.descriptions), "parameters": schema}
        return Offer(self, {"type": "function", "function": function}, renamed)


@dataclass(frozen=True)
class Offer:
    """An intent's tool as it is offered in one dialogue."""

    intent: Intent
    definition: Json
    renamed: dict[str, str]

    @property
    def name(self) -> str:
        return str(self.definition["function"]["name"])

    def arguments(self, said: Said) -> Json:
        """The arguments in the order of the schema."""
        return {name: said.values[slot] for slot, name in self.renamed.items() if slot in said.values}


@cache
def intents(folder: Path | None, *, test: bool = False) -> list[Intent]:
    """All intents with their requests: those for training, or with `test` those kept for the evaluation.

    Of an intent that training knows, the evaluation has the requests that a checksum keeps out; of a held-out one, all.
    """
    if not folder:
        return []
    by_intent: dict[str, list[Json]] = defaultdict(list)
    for name, path in FILES.items():
        for row in rows(folder / path):
            if row.get("split", "train") == "train" or test:
                by_intent[f"{name}/{row['intent']}"].append(row)
    return [
        _intent(key, names, descriptions, held_out, by_intent[key], test)
        for key, names, descriptions, held_out in listed()
        if by_intent[key] and (test or not held_out)
    ]


def _intent(
    key: str, names: list[str], descriptions: list[str], held_out: bool, found: list[Json], test: bool
) -> Intent:
    rows = [(row["text"], _content(key, row.get("slots", []))) for row in found]
    counts = Counter(slot for _, content in rows for slot in dict(content))
    slots = [s for s, n in counts.most_common(MAX_SLOTS) if n >= MIN_SLOT_SHARE * len(rows)]
    said = [s for text, content in rows if (s := _said(text, content, slots))]
    required = [slot for slot in slots if sum(slot in s.values for s in said) >= REQUIRED_SHARE * len(said)]
    said = [s for s in said if all(slot in s.values for slot in required)]
    kept = [s for s in said if held_out or is_test(s.text) == test]
    return Intent(key, names, descriptions, held_out, slots, required, kept)


def _content(key: str, slots: list[list[str]]) -> list[tuple[str, str]]:
    return [(slot, " ".join(v.split())) for slot, v in slots if slot not in IGNORED and f"{key} {slot}" not in IGNORED]


def _said(text: str, content: list[tuple[str, str]], slots: list[str]) -> Said | None:
    """A request, or nothing where a value is missing, double, or of no slot of the tool."""
    text = " ".join(text.split())
    values: dict[str, str | int] = {}
    for slot, value in content:
        if slot not in slots or slot in values or f" {value} " not in f" {text.rstrip('.?!')} ":
            return None
        number = integer(value) if slot in INTEGERS else value
        if number is None:
            return None
        values[slot] = number
    return Said(text, values)
