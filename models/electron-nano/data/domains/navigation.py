"""How people ask for guidance to a place, and what they are told."""

from __future__ import annotations

from random import Random

from .. import entities as en
from ..domain import POLITE, Domain, Filled, minutes_told, spoken_number


def _place(kind: str, rng: Random, held_out: bool) -> Filled:
    if kind == "the":
        place = en.pick(en.PLACES, rng, held_out=held_out)
    elif rng.random() < 0.5:
        place = en.city(rng, held_out=held_out)
    else:
        place = en.street(rng, held_out=held_out)
        number, _, rest = place.partition(" ")
        if number.isdigit():
            return Filled({"p": f"{spoken_number(int(number), rng)} {rest}"}, {"destination": place})
    return Filled({"p": place}, {"destination": place})


def _the(place: str) -> str:
    return f"the {place}" if en.is_common(place) else place


DOMAIN = Domain(
    "start_navigation",
    {
        "the": [
            "(we ought to|we must|i should) (be|arrive|drive|head) [over] (at|to) the {p} [by noon|soon|quickly]",
            "(plan|draw|find|pull up|open) (a|the) (path|way|map|trip|route) to the {p} [please]",
            "(i wonder|tell me|do you know) how to (reach|find|get to) the {p}",
            "(point|steer|direct|walk|escort) (me|us) (to|towards) the {p} [please]",
            "(can|could|would) you (drop|get|bring|take) (me|us) (off at|to|over at) the {p}",
            "(the next|our first|the last|my final) (destination|stop|goal|place) (is|will be) the {p}",
            "(we are driving|we have to drive|i am headed) (over to|to|towards) the {p} [guide me|show the way|"
            "please navigate]",
            "(we are late for|we must reach|i must reach|i am looking for) the {p}",
            "(what is|what's) the (fastest|best|shortest) (way|route|road) to the {p}",
            "(set|make|use) the {p} as [my|our|the] destination",
            "(route|path|way) to the {p} [please]",
            POLITE + "(take|drive|bring|guide|get|navigate) (me|us) to the {p} [please|now]",
            POLITE + "(navigate|drive|go|head|find the way|start navigation|start guidance) to the {p} [please]",
            "(i need|i want|i have|we want|we need|i'd like) to (go|get|drive|be) to the {p}",
            "(how do i get|how do we get|show me the way|directions|give me directions|what's the way) to the {p}",
            "(where is|find|find me) the {p} [please]",
            "(let's go|let's drive|we are going|we're off|i'm going) to the {p}",
            "the {p} please",
        ],
        "name": [
            "(we ought to|we must|i should) (be|arrive) in {p} [by noon|soon|quickly]",
            "(plan|draw|find|pull up|open) (a|the) (path|way|map|trip) to {p} [please]",
            "(i wonder|tell me|do you know) how to (reach|find|get to) {p}",
            "(point|steer|direct|walk|escort) (me|us) (to|towards) {p} [please]",
            "(the|our first|the last|my final|after that our) (destination|stop|goal) (is|will be|should be) {p}",
            "(we are driving|we have to drive|i am headed|i'm on the way) (over to|to|towards) {p} [guide me|"
            "show the way|please navigate]",
            "(driving|walking) directions (to|towards) {p} [please]",
            "(new|final|first) (stop|goal) {p} [please]",
            "(we are late for|we must reach|i must reach|i am heading for) {p}",
            "(what is|what's) the (fastest|best|shortest) (way|route|road) to {p}",
            "(set|make|use) {p} as [my|our|the] destination",
            "(route|path|way) to {p} [please]",
            "(my hotel|my friend|my meeting|the party) is (in|at) {p} [take me there|drive there]",
            POLITE + "(take|drive|bring|guide|get|navigate) (me|us) to {p} [please|now]",
            POLITE + "(navigate|drive|go|head|find the way|start navigation|start guidance) to {p} [please]",
            "(i need|i want|i have|we want|we need|i'd like) to (go|get|drive) to {p}",
            "(how do i get|how do we get|show me the way|directions|give me directions|what's the way) to {p}",
            "(let's go|let's drive|we are going|we're off|i'm going) to {p}",
            "(set|start) (a course|the route|a route|the navigation) (to|for) {p}",
        ],
    },
    _place,
    lambda a, rng: {**a, "minutes": rng.choice((14, rng.randint(2, 95))), "status": "ok"},
    lambda r, rng: f"Starting guidance to {_the(r['destination'])}. It takes {minutes_told(r['minutes'])}.",
    [
        "[please|can you] (start|open|begin) [the] (navigation|guidance|route)",
        "(i need|give me) directions",
        "navigate",
    ],
    "Where would you like to go?",
    "(to|take me to|let's go to|i want to go to) {p} [please]",
    [
        ("navigate_to", "Plan a route and start it.", {"destination": "place"}),
        ("route_to", "Guide the driver to an address.", {"destination": "address"}),
        ("get_directions", "Find the way to somewhere.", {"destination": "to"}),
        ("set_destination", "Set where the car goes.", {"destination": "target"}),
    ],
)
