"""How people ask for food and drink, and what they are told."""

from __future__ import annotations

from random import Random

from .. import entities as en
from ..domain import Domain, Filled, Json, minutes_told, spoken_number

_WANT = (
    "(i would like|i'd like|i want|i'll have|i will have|i'll take|can i get|can i have|could i get|could i have|"
    "may i have|"
    "give me|get me|let me have|let me get|we'd like|we want|i need|please get me|we'll take) "
)
_ORDER = "(order|please order|can you order|could you order|i want to order|i'd like to order|add|buy) "


def _order(kind: str, rng: Random, held_out: bool) -> Filled:
    item = en.pick(en.ITEMS, rng, held_out=held_out)
    n = 1 if rng.random() < 0.35 else rng.choice((2, 2, 2, 3, 3, 4, 5, 6, 7, 8, 10, 12))
    count = (
        ("an" if kind == "plain" and item[0] in "aeiou" else "a")
        if n == 1 and rng.random() < 0.6
        else spoken_number(n, rng)
    )
    slots = {"n": count, "i": item if n == 1 else en.plural(item)}
    if kind == "plain":
        return Filled(slots, {"item": item, "quantity": n})
    size = rng.choice(("small", "medium", "large"))
    return Filled({**slots, "s": size}, {"item": item, "quantity": n, "size": size})


def _ordered(r: Json, rng: Random) -> str:
    item = r["item"] if r["quantity"] == 1 else en.plural(r["item"])
    size = f"{r['size']} " if "size" in r else ""
    be = "It" if r["quantity"] == 1 else "They"
    return f"I ordered {r['quantity']} {size}{item}. {be} will be ready in {minutes_told(r['ready_in_minutes'])}."


DOMAIN = Domain(
    "order_item",
    {
        "plain": [
            "(i guess|i believe|i suppose) (i'll have|i'll get|we'll try|we want) {n} {i} [please]",
            "(we|i) (would love|would enjoy|fancy|feel like|could eat) {n} {i} [please|right now]",
            "(that's|that makes|so it is|it will be) {n} {i} [please|then]",
            "(would you|will you|please) (serve|get|fetch|prepare) (me|us) {n} {i}",
            "(let's|let us) (have|get|go for|start with) {n} {i} [please]",
            "(my friend|my wife|my son|she|he|my daughter) (wants|would like|will have|needs) {n} {i}",
            "(do you have|have you got) {n} {i} (for me|for us)",
            "(bring|fetch|make) (me|us) {n} {i} [please]",
            "(i am|i'm|we are) (hungry|thirsty) (get me|order) {n} {i}",
            _WANT + "{n} {i} [please|for pick up|to go|thanks]",
            _ORDER + "{n} {i} [please|for pick up|to go|for me]",
            "{n} {i} [please|to go|for me please]",
            "(for me|for us|then|and) {n} {i} [please]",
            "(how about|make that|put in an order for|put me down for) {n} {i}",
        ],
        "sized": [
            "(i guess|i believe|i suppose) (i'll have|i'll get|we'll try|we want) {n} {s} {i} [please]",
            "(we|i) (would love|would enjoy|fancy|feel like) {n} {s} {i} [please|right now]",
            "(that's|that makes|so it is|it will be) {n} {s} {i} [please|then]",
            "(would you|will you|please) (serve|get|fetch|prepare) (me|us) {n} {s} {i}",
            "(let's|let us) (have|get|go for|start with) {n} {s} {i} [please]",
            "(my friend|my wife|my son|she|he|my daughter) (wants|would like|will have|needs) {n} {s} {i}",
            "(bring|fetch|make) (me|us) {n} {s} {i} [please]",
            "{n} {i} (make it|make them|and i want it) {s} [please]",
            "(i am|i'm|we are) (hungry|thirsty) (get me|order) {n} {s} {i}",
            _WANT + "{n} {s} {i} [please|for pick up|to go|thanks]",
            _ORDER + "{n} {s} {i} [please|for pick up|to go|for me]",
            "{n} {s} {i} [please|to go|for me please]",
            "(how about|make that|put in an order for|put me down for) {n} {s} {i}",
            _WANT + "{n} {i} size {s} [please]",
            "{n} {i} in {s} please",
        ],
    },
    _order,
    lambda a, rng: {**a, "ready_in_minutes": rng.choice((5, rng.randint(1, 40)))},
    _ordered,
    [
        "[can i|i want to|i'd like to] order (something|some food|a drink|food)",
        "(i'm|i am) (hungry|thirsty)",
        "(can i|i want to) (place|make) an order",
        "i want something to (eat|drink)",
    ],
    "What would you like to order?",
    "[i'll take|give me] {n} {i} [please]",
    [
        ("add_to_order", "Put something on the order.", {"item": "product", "quantity": "count"}),
        ("place_order", "Order from the menu.", {"item": "dish", "quantity": "amount"}),
        ("cart_add", "Add a product to the cart.", {"item": "name", "quantity": "number"}),
        ("buy_item", "Buy food or a drink.", {"item": "article", "quantity": "pieces", "size": "portion"}),
    ],
)
