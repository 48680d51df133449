"""Tools and requests for them, written by hand in `written/`: lists in which the right one must be read.

A block a tool: `=` names, `.` descriptions, `-` a parameter (`names | type | description`, `?` behind the first name:
optional), `>` a request with `{slot=value}` or `{slot=value~spoken words}`, `<` a result as `key=value; ... | told`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from . import entities as en
from .facts import SLOTS as FACT_SLOTS
from .invented_tools import DAYS
from .named import content_words
from .word_table import WordTable, stem

Json = dict[str, Any]
FOLDER = Path(__file__).with_name("written")
_SPAN = re.compile(r"{(\w+)=([^{}]*)}")
_RESULT_SLOT = re.compile(r"{(\w+)}")
SWAPPED_SHARE, ANY_WORDS_SHARE, CAMEL_SHARE, DESCRIBED_SHARE = 0.4, 0.15, 0.12, 0.6
MOST_SHARED = 2
SLOTS = {
    **FACT_SLOTS,
    "day": lambda rng: rng.choice(DAYS[:7]).capitalize(),
    "place": lambda rng: en.pick(en.PLACES, rng),
    "city": en.city,
    "word": en.invented_word,
}


@dataclass(frozen=True)
class Value:
    """A value of a parameter and the words that ask for it."""

    value: Any
    spoken: str


@dataclass(frozen=True)
class Parameter:
    """A parameter: what it may be called, its schema, whether a call needs it."""

    names: list[str]
    schema: Json
    description: str
    is_required: bool

    def read(self, text: str) -> Value:
        """A value as it stands in a request, `value` or `value~spoken words`."""
        value, _, spoken = text.partition("~")
        kind = self.schema["type"]
        if kind in ("integer", "number"):
            number = int(value) if kind == "integer" else float(value)
            return Value(number, spoken or value)
        if kind == "boolean":
            return Value({"true": True, "false": False}[value], spoken)
        if kind == "array":
            return Value([v.strip() for v in value.split(";")], spoken or value)
        if "enum" in self.schema and value not in self.schema["enum"]:
            raise ValueError(f"{value!r} is none of {self.schema['enum']}")
        return Value(value, spoken or value)


@dataclass(frozen=True)
class Asked:
    """A request with `{slot}` where its values stand."""

    sentence: str
    values: dict[str, Value]


@dataclass(frozen=True)
class WrittenTool:
    """One block of a file."""

    file: str
    names: list[str]
    descriptions: list[str]
    parameters: dict[str, Parameter]
    asked: list[Asked] = field(default_factory=list)
    results: list[tuple[Json, str]] = field(default_factory=list)

    @property
    def key(self) -> str:
        return f"{self.file}/{self.names[0]}"

    def stems(self) -> frozenset[str]:
        """What its names and descriptions are about."""
        text = " ".join([*self.names, *self.descriptions]).replace("_", " ")
        return frozenset(stem(w) for w in content_words(text))

    def missing(self, asked: Asked) -> list[str]:
        """The required parameters that a request leaves out."""
        return [name for name, p in self.parameters.items() if p.is_required and name not in asked.values]

    def values(self, slot: str) -> list[Value]:
        """All values that the requests give a parameter."""
        return [asked.values[slot] for asked in self.asked if slot in asked.values]


@dataclass(frozen=True)
class WrittenOffer:
    """A tool as it is offered in one dialogue: with one of its names, its parameters too."""

    tool: WrittenTool
    definition: Json
    renamed: dict[str, str]

    @property
    def name(self) -> str:
        return str(self.definition["function"]["name"])

    def ask(self, rng: Random, table: WordTable, *, complete: bool = True) -> tuple[str, dict[str, Value]]:
        """A request and its values; some values are exchanged for another of the same parameter, or for any words."""
        open_ones = [a for a in self.tool.asked if not self.tool.missing(a)]
        partial = [a for a in self.tool.asked if self.tool.missing(a)]
        asked = rng.choice((open_ones if complete else partial) or open_ones or partial)
        values = {slot: self._value(slot, value, rng, table) for slot, value in asked.values.items()}
        return asked.sentence, values

    def _value(self, slot: str, value: Value, rng: Random, table: WordTable) -> Value:
        schema = self.tool.parameters[slot].schema
        if schema["type"] == "integer" and rng.random() < SWAPPED_SHARE and str(value.value) == value.spoken:
            number = max(1, round(value.value * rng.choice((0.5, 0.8, 1.2, 1.5, 2.0))))
            return Value(number, str(number))
        is_open = schema["type"] == "string" and "enum" not in schema and value.value == value.spoken
        if is_open and table.words and rng.random() < ANY_WORDS_SHARE:
            words = " ".join(table.draw(rng) for _ in range(rng.choice((1, 1, 2, 3))))
            return value if en.is_held_out(words) else Value(words, words)
        if rng.random() < SWAPPED_SHARE and is_open:
            return rng.choice(self.tool.values(slot))
        return value

    def arguments(self, values: dict[str, Value]) -> Json:
        """The arguments in the order of the schema."""
        return {name: values[slot].value for slot, name in self.renamed.items() if slot in values}

    def result(self, rng: Random) -> tuple[Json, str]:
        """What the tool answers, and that told."""
        result, told = rng.choice(self.tool.results)
        drawn = {name: draw(rng) for name, draw in SLOTS.items()}
        filled = {k: _RESULT_SLOT.sub(lambda m: drawn[m.group(1)], v) for k, v in result.items()}
        numbers = {k: int(v) if v.isdigit() and rng.random() < 0.8 else v for k, v in filled.items()}
        return numbers, _RESULT_SLOT.sub(lambda m: drawn[m.group(1)], told)


def offer(tool: WrittenTool, rng: Random) -> WrittenOffer:
    """`tool` under one of its names, now and then in camel case."""
    while True:
        renamed = {slot: rng.choice(p.names) for slot, p in tool.parameters.items()}
        if len(set(renamed.values())) == len(renamed):
            break
    properties: Json = {}
    for slot, name in renamed.items():
        p = tool.parameters[slot]
        properties[name] = {**p.schema}
        if rng.random() < DESCRIBED_SHARE:
            properties[name]["description"] = p.description
    required = [renamed[slot] for slot, p in tool.parameters.items() if p.is_required]
    name = rng.choice(tool.names)
    if rng.random() < CAMEL_SHARE:
        first, *others = name.split("_")
        name = first + "".join(part.capitalize() for part in others)
    schema = {"type": "object", "properties": properties, "required": required}
    function = {"name": name, "description": rng.choice(tool.descriptions), "parameters": schema}
    return WrittenOffer(tool, {"type": "function", "function": function}, renamed)


def offers(count: int, rng: Random) -> tuple[list[WrittenOffer], list[WrittenTool]]:
    """Up to `count` tools that are not too alike, mostly of one file, and tools that are not offered."""
    by_file = tools()
    files = rng.sample(sorted(by_file), min(rng.choice((1, 1, 2, 3)), len(by_file)))
    pool = [tool for file in files for tool in by_file[file]]
    chosen: list[WrittenOffer] = []
    taken: list[WrittenTool] = []
    for tool in rng.sample(pool, len(pool)):
        alike = any(t.file != tool.file and len(t.stems() & tool.stems()) > MOST_SHARED for t in taken)
        if alike:
            continue
        made = offer(tool, rng)
        if len(chosen) < count and made.name not in {o.name for o in chosen}:
            chosen.append(made)
            taken.append(tool)
        elif tool.file == files[0] and all(t.file == tool.file for t in taken):
            taken.append(tool)
    offered = {o.tool.key for o in chosen}
    return chosen, [t for t in taken if t.key not in offered]


@cache
def tools() -> dict[str, list[WrittenTool]]:
    """All tools by file."""
    return {path.stem: read(path) for path in sorted(FOLDER.glob("*.txt"))}


def read(path: Path) -> list[WrittenTool]:
    """The tools of one file. Raises ValueError with the place of a line that does not fit."""
    found: list[WrittenTool] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.strip() and not line.startswith("#"):
            try:
                _read_line(line, path.stem, found)
            except (ValueError, KeyError, IndexError) as error:
                raise ValueError(f"{path.name}:{number}: {error!r}: {line}") from error
    return found


def _read_line(line: str, file: str, found: list[WrittenTool]) -> None:
    mark, rest = line[0], line[1:].strip()
    if mark == "=":
        found.append(WrittenTool(file, [n.strip() for n in rest.split(",")], [], {}))
        return
    tool = found[-1]
    if mark == ".":
        tool.descriptions.extend(d.strip() for d in rest.split(" / "))
    elif mark == "-":
        _read_parameter(rest, tool)
    elif mark == ">":
        values = {m.group(1): tool.parameters[m.group(1)].read(m.group(2)) for m in _SPAN.finditer(rest)}
        tool.asked.append(Asked(_SPAN.sub(r"{\1}", rest), values))
    elif mark == "<":
        pairs, told = rest.split(" | ", 1)
        result = dict(pair.strip().split("=", 1) for pair in pairs.split(";"))
        if unknown := set(_RESULT_SLOT.findall(rest)) - set(SLOTS):
            raise ValueError(f"no slots {unknown}")
        tool.results.append((result, told.strip()))
    else:
        raise ValueError("a line begins with = . - > or <")


def _read_parameter(rest: str, tool: WrittenTool) -> None:
    names, kind, *description = (part.strip() for part in rest.split("|"))
    first, *others = (n.strip() for n in names.split(","))
    slot = first.rstrip("?")
    schema: Json = {"type": kind}
    if kind == "list":
        schema = {"type": "array", "items": {"type": "string"}}
    elif "/" in kind:
        schema = {"type": "string", "enum": kind.split("/")}
    elif kind not in ("string", "integer", "number", "boolean"):
        raise ValueError(f"no type {kind!r}")
    tool.parameters[slot] = Parameter([slot, *others], schema, " ".join(description), not first.endswith("?"))
