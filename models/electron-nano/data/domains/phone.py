"""How people ask for calls, and what they are told."""

from __future__ import annotations

from random import Random

from .. import entities as en
from ..domain import POLITE, Domain, Filled
from ..tables import words


def _contact(kind: str, rng: Random, held_out: bool) -> Filled:
    name = en.pick(en.RELATIONS, rng, held_out=held_out) if kind == "my" else en.person(rng, held_out=held_out)
    return Filled({"p": name}, {"name": name})


def _your(name: str) -> str:
    return f"your {name}" if en.is_common(name) or name.lower() in words(en.RELATIONS) else name


DOMAIN = Domain(
    "call_contact",
    {
        "my": [
            "(i must|i ought to|we should|let me) (ring|reach|get hold of|have a word with|catch up with) my {p} "
            "[quickly|at once|before noon]",
            "(get|keep) [me] in (contact|line) with my {p} [please]",
            "(i'd|i would) (rather|sooner) (ring|phone|speak with) my {p} [now|first]",
            "(try|start) (to call|to reach|to ring|dialing|phoning) my {p} [again|please]",
            "(is it possible|would it be possible) to (reach|speak to) my {p}",
            "(put me through|patch me through|hook me up|get me through) (to|with) my {p} [please]",
            "(can|could|may) (we|i) (phone|ring|reach|talk to) my {p} [from here|please]",
            "(time to|we need to) (call|phone) my {p}",
            "(would you mind|do you mind) (calling|ringing|phoning) my {p} [for me]",
            "(i should|i have to|i want to|we need to) (reach|contact|ring|phone up) my {p} [now|today]",
            "(ring up|phone up|call up|contact) my {p} [please]",
            "(is my {p} there|tell my {p} i'm calling) (call|ring) (him|her|them)",
            "[a] [phone] call (to|with) my {p} [please]",
            POLITE + "(call|phone|ring|dial|give a call to) my {p} [please|now|on the phone|for me]",
            "(i want|i need|i'd like|i would like|i have) to (call|phone|talk to|speak to|speak with) my {p}",
            "(get|put) my {p} on the (phone|line)",
            "(make|place|start) a [phone] call to my {p}",
            "(can you|could you) (connect me to|connect me with|reach) my {p}",
            "give my {p} a (call|ring)",
        ],
        "name": [
            "(i must|i ought to|we should|let me) (ring|reach|get hold of|have a word with|catch up with) {p} "
            "[quickly|at once|before noon]",
            "(get|keep) [me] in (contact|line) with {p} [please]",
            "(i'd|i would) (rather|sooner) (ring|phone|speak with) {p} [now|first]",
            "(try|start) (to call|to reach|to ring|dialing|phoning) {p} [again|please]",
            "(is it possible|would it be possible) to (reach|speak to) {p}",
            "(put me through|patch me through|hook me up|get me through) (to|with) {p} [please]",
            "(can|could|may) (we|i) (phone|ring|reach|talk to) {p} [from here|please]",
            "(time to|we need to) (call|phone) {p}",
            "(would you mind|do you mind) (calling|ringing|phoning) {p} [for me]",
            "(i should|i have to|i want to|we need to) (reach|contact|ring|phone up) {p} [now|today]",
            "(ring up|phone up|call up|contact) {p} [please]",
            "[a] [phone] call (to|with) {p} [please]",
            "(can|could) you (dial|ring) {p} (from my phone|from my contacts)",
            POLITE + "(call|phone|ring|dial) {p} [please|now|on the phone|for me]",
            "(i want|i need|i'd like|i would like|i have) to (call|phone|talk to|speak to|speak with) {p}",
            "(get|put) {p} on the (phone|line)",
            "(make|place|start) a [phone] call to {p}",
            "(can you|could you) (connect me to|connect me with|reach) {p}",
            "give {p} a (call|ring)",
        ],
    },
    _contact,
    lambda a, rng: {**a, "status": "calling"},
    lambda r, rng: f"Calling {_your(r['name'])}.",
    ["[please|can you] (make|place|start) a [phone] call", "(i need|i want) to (call|phone) (someone|somebody)"],
    "Who would you like to call?",
    "[call|please call|it's] {p} [please]",
    [
        ("phone_dial", "Dial somebody.", {"name": "contact"}),
        ("make_call", "Start a phone call.", {"name": "person"}),
        ("telephone", "Ring a contact.", {"name": "whom"}),
        ("start_call", "Calls someone from the address book.", {"name": "callee"}),
    ],
)
