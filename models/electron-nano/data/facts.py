"""Facts in the system prompt, questions about them, and questions whose answer is not there."""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

from . import entities as en
from .tables import words

NOT_THERE = "Sorry, I do not know that."
_SUBJECTS = words(
    """wifi password|room number|phone number|manager|owner|address|door code|soup of the day|special offer|parking fee
ticket price|opening time|closing time|gate|departure time|chef|color of the car|mechanic|dress code|next stop
doctor on duty|nearest exit|speed limit|check-in time|delivery fee|loyalty discount|table number|guide|platform
car model|license plate|tank size|tire pressure|service date|main dish|dessert|entrance fee|tour guide|hotel bar"""
)


# What a subject's value looks like, by a word in its name.
_VALUES: list[tuple[str, Callable[[Random], str]]] = [
    ("time", lambda rng: f"{rng.randint(1, 12)} {rng.choice(('am', 'pm'))}"),
    ("fee|price|discount", lambda rng: f"{rng.randint(1, 99)} {rng.choice(('dollars', 'euros', 'percent'))}"),
    ("number|code|gate|platform|limit|size|pressure", lambda rng: str(rng.randint(1, 999))),
    ("manager|owner|chef|mechanic|doctor|guide", en.person),
    ("address|stop|exit", en.street),
    ("soup|dish|dessert|offer", lambda rng: en.pick(en.ITEMS, rng)),
    ("", en.invented_word),
]


def _value(subject: str, rng: Random) -> str:
    return next(draw for pattern, draw in _VALUES if re.search(pattern, subject))(rng)


def sheet(rng: Random) -> tuple[str, dict[str, str], list[str]]:
    """Text for the system prompt, its facts, and subjects that it leaves out."""
    subjects = rng.sample(_SUBJECTS, rng.randint(4, 9))
    known = subjects[: rng.randint(2, len(subjects) - 1)]
    facts = {s: _value(s, rng) for s in known}
    if rng.random() < 0.5:
        text = " ".join(f"The {s} is {v}." for s, v in facts.items())
    else:
        text = "Facts:\n" + "\n".join(f"{s}: {v}" for s, v in facts.items())
    return text, facts, subjects[len(known) :]


QUESTION = "(what is|what's|tell me|do you know|can you tell me|i need to know|could you tell me) the {s} [please]"


def answer(subject: str, facts: dict[str, str]) -> str:
    """What is told of a subject."""
    return f"The {subject} is {facts[subject]}." if subject in facts else NOT_THERE
