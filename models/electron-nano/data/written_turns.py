"""The turns of a conversation that are about written tools."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from . import small_talk, written_tools
from .requests import say
from .word_table import WordTable
from .wording import as_heard
from .written_tools import Value, WrittenOffer

if TYPE_CHECKING:
    from .conversation import Conversation

NOISE = 0.15


def said(talk: Conversation, offer: WrittenOffer, *, complete: bool = True) -> tuple[str, dict[str, Value]]:
    """A request in the style of the dialogue, and its values in the form of the arguments."""
    heard = talk.style.heard
    sentence, values = offer.ask(talk.rng, talk.style.table or WordTable(), complete=complete)
    text = say(sentence, {k: v.spoken for k, v in values.items()}, talk.style.clearer(NOISE), talk.rng)
    return text, {k: _as_argument(v, heard) for k, v in values.items()}


def _as_argument(value: Value, heard: bool) -> Value:
    """A value as it can be copied from text of the style."""
    return Value(_as_heard(value.value), value.spoken) if heard else value


def _as_heard(value: Any) -> Any:
    if isinstance(value, list):
        return [_as_heard(v) for v in value]
    return as_heard(value) if isinstance(value, str) else value


def _finish(talk: Conversation, *offers: WrittenOffer) -> None:
    """The results told; nothing where the dialogue is calls only."""
    if not talk.calls_only:
        talk.reply(" ".join([talk.answered(*offer.result(talk.rng)) for offer in offers]))


def turn(talk: Conversation) -> None:
    offer = talk.rng.choice(talk.written)
    text, values = said(talk, offer)
    talk.user(text)
    talk.call((offer.name, offer.arguments(values)))
    _finish(talk, offer)


def double_turn(talk: Conversation) -> None:
    """Two requests in one breath, two calls."""
    if len(talk.written) < 2:
        return turn(talk)
    offers = talk.rng.sample(talk.written, 2)
    (a, first), (b, second) = (said(talk, offer) for offer in offers)
    talk.user(f"{a.rstrip('.?!')}{talk.rng.choice((' and ', ' and then ', ' and also '))}{b[:1].lower()}{b[1:]}")
    talk.call(*((o.name, o.arguments(values)) for o, values in zip(offers, (first, second), strict=True)))
    _finish(talk, *offers)


def incomplete_turn(talk: Conversation) -> None:
    """A request that leaves a required parameter out, the question back, the answer, the call."""
    offer = talk.rng.choice(talk.written)
    text, values = said(talk, offer, complete=False)
    talk.user(text)
    for slot in [slot for slot, p in offer.tool.parameters.items() if p.is_required and slot not in values]:
        talk.reply(f"Which {offer.renamed[slot].replace('_', ' ')}, please?")
        known = offer.tool.values(slot)
        if not known:
            return
        value = talk.rng.choice(known)
        talk.user(say("{v}", {"v": value.spoken}, talk.style.clearer(0.0), talk.rng))
        values[slot] = _as_argument(value, talk.style.heard)
    talk.call((offer.name, offer.arguments(values)))
    _finish(talk, offer)


def refusal(talk: Conversation) -> None:
    """A request for a written tool that is not offered here."""
    absent = written_tools.offer(talk.rng.choice(talk.written_absent), talk.rng)
    talk.user(said(talk, absent)[0])
    talk.reply(small_talk.CANNOT)


SHARES: list[tuple[float, Callable[[Conversation], None]]] = [(1.0, turn), (0.1, incomplete_turn), (0.06, double_turn)]
