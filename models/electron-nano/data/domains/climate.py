"""How people ask for the cabin temperature, and what they are told."""

from __future__ import annotations

from random import Random

from ..domain import POLITE, Domain, Filled, spoken_number


def _temperature(_: str, rng: Random, held_out: bool) -> Filled:
    n = rng.randint(16, 28) if rng.random() < 0.75 else rng.randint(5, 35)
    return Filled({"n": spoken_number(n, rng)}, {"degrees": n})


DOMAIN = Domain(
    "set_temperature",
    {
        "n": [
            "(i'd feel better|i would be glad|we are happier|it is best) (with|at) {n} degrees [in here|in this car]",
            "(can|could|may) (we|i) (go|move|get) [up|down] to {n} [degrees] [please]",
            "(have|keep|hold|leave) the (climate|cabin|heating|air) (at|on) {n} [degrees] [please]",
            "(my|her|his|the) (wife|husband|baby|son|daughter|mother) (likes|prefers|wants) (it|the car) at {n} "
            "[degrees]",
            "(dial|crank|tune|push) (it|the temperature|the climate|the cooling) (up|down) to {n} [degrees]",
            "(how about|what about|maybe|perhaps) {n} degrees [in here|for now|please]",
            "(i feel|i am feeling) (cold|warm|hot) [can you|please] (go|change|switch) to {n} degrees",
            "(it should|it needs to|it has to) be {n} degrees [in here|in the car]",
            "(my|our) (kids|passengers|friends) (want|need|like|would like) {n} degrees",
            "(raise|lower|increase|decrease|reduce|drop) (the temperature|the heat|it|the ac) to {n} [degrees]",
            "(air conditioning|ac|heater|heat) (on|at) {n} degrees [please]",
            POLITE + "(regulate|program|fix|hold) the [cabin] temperature at {n} [degrees]",
            POLITE + "(set|change|adjust|put|bring|turn) the [cabin|car|inside|interior] "
            "(temperature|heat|heating|climate|air conditioning|ac) to {n} [degrees|degrees celsius] [please|"
            "thanks]",
            POLITE + "(make|get) it {n} degrees [in here|in the car|inside|now]",
            "(i want|i'd like|i would like|we need|give me) {n} degrees [in here|in the cabin|please]",
            "(temperature|climate|heating|cabin temperature) [to] {n} [degrees|degrees please]",
            POLITE + "(heat|warm|cool) the (car|cabin|inside) [up|down] to {n} [degrees]",
            "(turn|bring) the (heat|temperature|ac) (up|down) to {n} [degrees|please]",
            "(i am|i'm|we are) (cold|hot|freezing|sweating) [so] (set|put) (it|the temperature) (to|at) {n}",
            "{n} degrees please",
            "can (we|i) (have|get) {n} degrees [in here|please]",
            "let's (have|try|go with) {n} degrees",
            "(set|switch|keep) (it|the air|the heater) (to|at) {n} degrees [celsius]",
        ]
    },
    _temperature,
    lambda a, rng: {**a, "status": "ok"},
    lambda r, rng: f"The temperature is set to {r['degrees']} degrees.",
    [
        "(set|change) the temperature",
        "[can you] (make it warmer|make it cooler|turn up the heat|turn on the heating)",
        "(i am|i'm) [so|a bit] (cold|hot|freezing)",
        "it is too (warm|cold|hot) in here",
        "adjust the climate",
    ],
    "What temperature would you like?",
    "[to|make it|let's say|maybe|set it to] {n} [degrees|please]",
    [
        ("climate_set", "Change the climate control.", {"degrees": "celsius"}),
        ("adjust_heating", "Sets how warm it is inside.", {"degrees": "temperature"}),
        ("cabin_climate", "Set the air conditioning to a temperature.", {"degrees": "target"}),
        ("change_temperature", "Set the temperature of the room.", {"degrees": "value"}),
    ],
)
