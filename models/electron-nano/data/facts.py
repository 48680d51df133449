"""Facts in the system prompt, questions about them, and questions whose answer is not there."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from . import entities as en
from .tables import words, written_lines
from .word_table import WordTable

NOT_THERE = "Sorry, I do not know that."
FIXED_SHARE = 0.7
_SUBJECTS = words(
    """wifi password|room number|phone number|manager|owner|address|door code|soup of the day|special offer|parking fee
ticket price|opening time|closing time|gate|departure time|chef|color of the car|mechanic|dress code|next stop
doctor on duty|nearest exit|speed limit|check-in time|delivery fee|loyalty discount|table number|guide|platform
car model|license plate|tank size|tire pressure|service date|main dish|dessert|entrance fee|tour guide|hotel bar"""
)
_QUESTION = "(what is|what's|tell me|do you know|can you tell me|i need to know|could you tell me) the {s} [please]"

_PLACES = words(
    """on the first floor|on the second floor|next to the entrance|behind the counter|downstairs|upstairs|in the lobby
on the left|on the right|at the end of the hall|under the trunk floor|by the stairs|in the basement"""
)
_PLACES_OF = words("""terrace|reception|patio|front desk|balcony|pool bar|lobby|garden""")
_DAYS = words("""Mondays|Tuesdays|Wednesdays|Thursdays|Fridays|Saturdays|Sundays""")
_COLORS = words("""red blue green yellow white black orange purple pink brown gray""")
_MONTHS = words("""January|February|March|April|May|June|July|August|September|October|November|December""")


def _time(rng: Random) -> str:
    return f"{rng.randint(1, 12)} {rng.choice(('am', 'pm'))}"


def _price(rng: Random) -> str:
    return f"{rng.randint(1, 99)} {rng.choice(('dollars', 'euros', 'cents', 'pounds'))}"


# What a subject's value looks like, by a word in its name.
_VALUES: list[tuple[str, Callable[[Random], str]]] = [
    ("time", _time),
    ("fee|price|discount", lambda rng: f"{rng.randint(1, 99)} {rng.choice(('dollars', 'euros', 'percent'))}"),
    ("number|code|gate|platform|limit|size|pressure", lambda rng: str(rng.randint(1, 999))),
    ("manager|owner|chef|mechanic|doctor|guide", en.person),
    ("address|stop|exit", en.street),
    ("soup|dish|dessert|offer", lambda rng: en.pick(en.ITEMS, rng)),
    ("", en.invented_word),
]
SLOTS: dict[str, Callable[[Random], str]] = {
    "time": _time,
    "price": _price,
    "n": lambda rng: str(rng.randint(2, 200)),
    "place": lambda rng: rng.choice(_PLACES),
    "place2": lambda rng: rng.choice(_PLACES_OF),
    "item": lambda rng: en.pick(en.ITEMS, rng),
    "name": en.person,
    "street": en.street,
    "code": lambda rng: en.invented_word(rng).lower() + str(rng.randint(1, 99)),
    "month": lambda rng: rng.choice(_MONTHS),
    "day": lambda rng: rng.choice(_DAYS),
    "color": lambda rng: rng.choice(_COLORS),
}


@dataclass(frozen=True)
class Fact:
    """One thing that the assistant knows: as it is written in the prompt, asked for, and answered."""

    written: str
    question: str
    answer: str
    value: str


def _named(rng: Random, listed: bool, table: WordTable) -> list[Fact]:
    """Facts of a name and a value."""
    facts = []
    subjects = rng.sample(_SUBJECTS, rng.randint(4, 9))
    if table.words and rng.random() < 0.7:
        subjects = list(dict.fromkeys(_thing(rng, table) for _ in subjects)) + subjects[:1]
    for subject in subjects:
        value = next(draw for pattern, draw in _VALUES if re.search(pattern, subject))(rng)
        told = f"The {subject} is {value}."
        facts.append(Fact(f"{subject}: {value}" if listed else told, _QUESTION.replace("{s}", subject), told, value))
    return facts


def _told(rng: Random, table: WordTable) -> list[Fact]:
    """Facts as sentences, asked for in other words; most of them about any words."""
    facts = []
    fixed, free = written_lines("facts.txt"), written_lines("facts_of_anything.txt")
    count = rng.randint(4, 12)
    lines = rng.sample(fixed, count) if not table.words or rng.random() < FIXED_SHARE else rng.choices(free, k=count)
    for line in lines:
        slots = {name: draw(rng) for name, draw in SLOTS.items()}
        slots |= {"x": _thing(rng, table), "y": rng.choice(table.words[:6000])} if table.words else {}
        written, rest = line.split("|", 1)
        question, told = rest.rsplit("|", 1)
        names = re.findall(r"{(\w+)}", told)
        written, question, told = (_filled(part, slots) for part in (written, question, told))
        value = slots[next((n for n in names if n not in "xy"), names[-1])] if names else told
        facts.append(Fact(_capitalised(written), question, _capitalised(told), value))
    return facts


@dataclass(frozen=True)
class Sheet:
    """Text for the system prompt, its facts, and facts that it leaves out."""

    text: str
    known: list[Fact]
    missing: list[Fact]


def _filled(text: str, slots: dict[str, str]) -> str:
    """`text` with its slots filled; what else is in it, such as a choice of wordings, stays."""
    return re.sub(r"{(\w+)}", lambda m: slots[m.group(1)], text)


def _capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]


def _thing(rng: Random, table: WordTable) -> str:
    """One or two words that anything may be called."""
    common = table.words[: rng.choice((1500, 6000, 14000))]
    return " ".join(rng.sample(common, rng.choice((1, 1, 2))))


def sheet(rng: Random, table: WordTable) -> Sheet:
    """A random sheet: lines of names and values, or sentences."""
    listed = rng.random() < 0.3
    facts = _named(rng, listed, table) if listed or rng.random() < 0.2 else _told(rng, table)
    known = facts[: rng.randint(2, len(facts) - 1)]
    missing = facts[len(known) :]
    rng.shuffle(known)
    text = "Facts:\n" + "\n".join(f.written for f in known) if listed else " ".join(f.written for f in known)
    return Sheet(text, known, missing)
