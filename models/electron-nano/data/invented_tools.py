"""Tools that nobody has seen: the model must read the list, since it cannot remember it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from . import entities as en
from .tables import words
from .wording import number_words

Json = dict[str, Any]

VERBS = words(
    """book cancel reserve open close start stop check find send change update print scan lock unlock clean move show
hide turn raise lower add remove report repair load empty fill refresh test measure record pause resume pick
sort mark count wash park share save delete rename activate disable track confirm schedule list"""
)
NOUNS = words(
    """seat ticket room table locker light lamp door gate trunk mirror wiper fan heater pump screen camera alarm
meeting appointment parcel package invoice receipt order menu basket coupon voucher card account profile photo
document page note message reminder playlist radio station channel route trip flight train bus taxi bike scooter
charger battery engine tire oven fridge shower sprinkler curtain blind vacuum robot printer queue counter shelf
box bag key badge visitor guest member course lesson exam game match score court pool sauna tour museum exhibit
movie podcast book"""
)
COLORS = words("""red blue green yellow white black orange purple pink brown gray silver""")
CHOICES = words(
    """low medium high auto slow fast normal eco sport quiet loud soft hard short long early late left right front rear
top bottom north south east west basic premium standard economy first second single double warm cold hot mild
spicy sweet round square new used public private daily weekly monthly morning evening noon night paper email
phone cash card"""
)
DAYS = words("""monday tuesday wednesday thursday friday saturday sunday today tomorrow""")
EXTRAS = words("""breakfast ice delivery insurance wifi sugar milk music notification receipt warranty parking lunch""")

_COUNTS = words(
    """level number count floor speed volume row page percent position gate_number seats people copies hours days price
temperature brightness distance channel_number zone"""
)
_ENUM_NAMES = words("""mode kind size side type option class plan style direction""")
_MEASURES = words("""weight length height width price speed pressure angle""")
_RESULT_KEYS = words("""price total number code gate floor status color time row room distance""")


@dataclass(frozen=True)
class Parameter:
    """One parameter: its schema, and a value with the words that ask for it."""

    name: str
    schema: Json
    sample: Callable[[Random], tuple[str, Any]]


def _integer(rng: Random) -> Parameter:
    name = rng.choice(_COUNTS)
    label = name.replace("_", " ")

    def sample(r: Random) -> tuple[str, int]:
        n = r.choice((r.randint(1, 12), r.randint(1, 99), r.randint(100, 999)))
        spoken = number_words(n) if r.random() < 0.7 else str(n)
        return r.choice((f"{label} {spoken}", f"with {label} {spoken}", f"at {label} {spoken}")), n

    return Parameter(name, {"type": "integer", "description": f"the {label}"}, sample)


def _string(rng: Random) -> Parameter:
    name, pool = rng.choice(
        [
            ("name", "person"),
            ("guest", "person"),
            ("owner", "person"),
            ("city", "city"),
            ("place", "city"),
            ("day", "day"),
            ("color", "color"),
            ("code", "code"),
            ("label", "code"),
            ("title", "title"),
            ("topic", "title"),
            ("street", "street"),
            ("recipient", "person"),
            ("date", "day"),
            ("brand", "code"),
        ]
    )
    draw: dict[str, Callable[[Random], str]] = {
        "person": en.person,
        "city": en.city,
        "day": lambda r: r.choice(DAYS),
        "color": lambda r: r.choice(COLORS),
        "code": lambda r: " ".join(en.invented_word(r) for _ in range(r.choice((1, 1, 2)))),
        "title": en.title,
        "street": lambda r: f"{en.pick(en.STREETS, r)} {r.choice(en.STREET_KINDS.split('|'))}",
    }

    def sample(r: Random) -> tuple[str, str]:
        value = draw[pool](r)
        before = {"person": "for", "city": "in", "day": "on", "street": "on"}.get(pool, name)
        return r.choice((f"{before} {value}", f"with {name} {value}", f"{name} {value}")), value

    description = rng.choice((name, f"the {name}", f"{name} to use"))
    return Parameter(name, {"type": "string", "description": description}, sample)


def _enum(rng: Random) -> Parameter:
    name = rng.choice(_ENUM_NAMES)
    values = rng.sample(CHOICES, rng.randint(2, 4))

    def sample(r: Random) -> tuple[str, str]:
        value = r.choice(values)
        return r.choice((f"{name} {value}", f"with {name} {value}", f"in {value} {name}")), value

    return Parameter(name, {"type": "string", "enum": values}, sample)


def _boolean(rng: Random) -> Parameter:
    extra = rng.choice(EXTRAS)

    def sample(r: Random) -> tuple[str, bool]:
        value = r.random() < 0.5
        return f"{'with' if value else 'without'} {extra}", value

    return Parameter(extra, {"type": "boolean", "description": f"with {extra} or not"}, sample)


def _number(rng: Random) -> Parameter:
    name = rng.choice(_MEASURES)

    def sample(r: Random) -> tuple[str, float]:
        n, tenths = r.randint(0, 99), r.randint(1, 9)
        return f"{name} {number_words(n)} point {number_words(tenths)}", float(f"{n}.{tenths}")

    return Parameter(name, {"type": "number", "description": f"the {name}"}, sample)


def _list(rng: Random) -> Parameter:
    name, pool = rng.choice((("colors", COLORS), ("days", DAYS), ("toppings", en.ITEMS.split("|")[:20])))

    def sample(r: Random) -> tuple[str, list[str]]:
        values = r.sample([v for v in pool if "\n" not in v], r.choice((1, 2, 2, 3)))
        *first, last = values
        return f"with {name} " + (f"{' '.join(first)} and {last}" if first else last), values

    return Parameter(name, {"type": "array", "items": {"type": "string"}}, sample)


def _nested(rng: Random) -> Parameter:
    inner = [make(rng) for make in (_string, _integer)]
    name = rng.choice(("details", "options", "info", "target"))
    schema = {"type": "object", "properties": {p.name: p.schema for p in inner}, "required": [p.name for p in inner]}

    def sample(r: Random) -> tuple[str, Json]:
        spoken, values = zip(*(p.sample(r) for p in inner), strict=True)
        return " and ".join(spoken), {p.name: v for p, v in zip(inner, values, strict=True)}

    return Parameter(name, schema, sample)


@dataclass(frozen=True)
class Tool:
    """An invented tool and what asking for it needs."""

    definition: Json
    verb: str
    noun: str
    parameters: list[Parameter]
    required: int

    @property
    def name(self) -> str:
        return str(self.definition["function"]["name"])


def _name(verb: str, noun: str, rng: Random) -> str:
    style = rng.random()
    if style < 0.6:
        return f"{verb}_{noun}"
    if style < 0.75:
        return f"{noun}_{verb}"
    if style < 0.85:
        return verb + noun.capitalize()
    return f"{rng.choice(('do', 'run', 'api', 'app', 'my'))}_{verb}_{noun}"


def invent(rng: Random) -> Tool:
    """A random tool with up to three parameters."""
    verb, noun = rng.choice(VERBS), rng.choice(NOUNS)
    if rng.random() < 0.15:
        noun = en.invented_word(rng).lower()
    makers = rng.sample((_integer, _string, _enum, _boolean), rng.choice((0, 1, 1, 1, 2, 2, 3)))
    if makers and rng.random() < 0.15:
        makers[0] = rng.choice((_number, _list, _nested))
    parameters = [make(rng) for make in makers]
    if len({p.name for p in parameters}) < len(parameters):
        return invent(rng)
    required = rng.randint(min(1, len(parameters)), len(parameters))
    description = rng.choice(
        (f"{verb.capitalize()} the {noun}.", f"{verb.capitalize()} a {noun}.", f"To {verb} a {noun}.")
    )
    schema = {
        "type": "object",
        "properties": {p.name: p.schema for p in parameters},
        "required": [p.name for p in parameters[:required]],
    }
    function = {"name": _name(verb, noun, rng), "description": description, "parameters": schema}
    return Tool({"type": "function", "function": function}, verb, noun, parameters, required)


def offer(count: int, rng: Random) -> list[Tool]:
    """`count` tools that differ in name and in what they are for; some share a verb or a noun."""
    tools: list[Tool] = []
    while len(tools) < count:
        tool = invent(rng)
        if all(tool.name != t.name and (tool.verb, tool.noun) != (t.verb, t.noun) for t in tools):
            tools.append(tool)
    return tools


def ask(tool: Tool, rng: Random, without: int = -1) -> tuple[str, dict[str, str], Json]:
    """A sentence with slots, the slots, and the exact arguments, in the order of the schema.

    The parameter at index `without` is left out of the sentence, not of the slots and the arguments.
    """
    args: Json = {}
    phrases: list[str] = []
    slots: dict[str, str] = {}
    for i, parameter in enumerate(tool.parameters):
        if i < tool.required or rng.random() < 0.5:
            spoken, value = parameter.sample(rng)
            args[parameter.name] = value
            slots[f"s{i}"] = spoken
            if i != without:
                phrases.append(f"{{s{i}}}")
    rng.shuffle(phrases)
    start = rng.choice(("", "", "please ", "can you ", "could you ", "i want to ", "i need to ", "i'd like to "))
    article = rng.choice(("the", "the", "a", "my"))
    return f"{start}{tool.verb} {article} {tool.noun} {' '.join(phrases)}".strip(), slots, args


def result(rng: Random) -> tuple[Json, str]:
    """What an invented tool answers, and that told."""
    values = {
        key: rng.choice((rng.randint(1, 99), rng.randint(100, 999), en.invented_word(rng), rng.choice(COLORS)))
        for key in rng.sample(_RESULT_KEYS, 2)
    }
    (a, x), (b, y) = values.items()
    kind = rng.random()
    if kind < 0.35:
        return {"status": "ok"}, "Done."
    if kind < 0.7:
        return {a: x}, f"The {a} is {x}."
    return {a: x, b: y}, f"The {a} is {x} and the {b} is {y}."
