"""How people ask for the windows, and what they are told."""

from __future__ import annotations

from random import Random

from ..domain import POLITE, Domain, Filled


def _window(kind: str, rng: Random, held_out: bool) -> Filled:
    return Filled({}, {"action": kind})


DOMAIN = Domain(
    "set_window",
    {
        "open": [
            "(a bit of|more|some) (air|wind|oxygen) (would be nice|would help|please) [open the windows]",
            "(do you mind|would you be so kind as to|please be so nice and) (open|open) the (window|windows)",
            "(would you consider|how about|what about|i suggest) opening the (window|windows) [please]",
            "(get|have|bring|move) the (window|windows) down [please|for me]",
            "(may|might) (we|i) (have|get) the (window|windows) (down|opened) [please]",
            "(i am|i'm|we are) (too hot|sweating) (open|lower) the windows",
            "(lower|drop|crack) the (window|windows) [please|a little|all the way]",
            "(let|get) some (air|wind|breeze) in [please|here]",
            "(the windows should be|i need the windows|keep the windows) open",
            POLITE + "(open|roll down|lower|wind down|let down|put down) (the|my|all|all the|both) (window|"
            "windows) "
            "[please|now|a bit|for me]",
            "(window|windows) (down|open) [please]",
            "(i need|let in|let's get|let me have) (some|a little) fresh air [please]",
            "(can we|could we|can i) have the (window|windows) (open|down)",
            "(i want|i'd like) the (window|windows) (open|down|opened)",
            "(it's stuffy in here|it smells in here) (open|roll down) the windows",
        ],
        "close": [
            "(there is a breeze|the wind is strong|it is drafty|i feel the wind) (close|shut) the (window|windows)",
            "(see that|take care that|check that) the windows are (shut|up)",
            "(do you mind|would you be so kind as to|please be so nice and) (close|shut) the (window|windows)",
            "(would you consider|how about|what about|i suggest) closing the (window|windows) [please]",
            "(get|have|bring|move) the (window|windows) up [please|for me]",
            "(may|might) (we|i) (have|get) the (window|windows) (up|closed) [please]",
            "(i am|i'm|we are) (cold|freezing) (close|shut) the windows",
            "(the windows should be|i need the windows|keep the windows) (closed|shut)",
            "(it is|it's) (cold|dusty|stinky) outside (close|shut|put up) the (window|windows)",
            "(don't leave|do not leave) the windows open",
            POLITE + "(close|shut|roll up|raise|wind up|put up) (the|my|all|all the|both) (window|windows) "
            "[please|now|for me|again]",
            "(window|windows) (up|closed|shut) [please]",
            "(can we|could we|can i) have the (window|windows) (closed|up|shut)",
            "(i want|i'd like) the (window|windows) (closed|up|shut)",
            "(it's too loud|it's windy|it's raining|it's too noisy) (close|shut|roll up) the windows",
        ],
    },
    _window,
    lambda a, rng: {"window": a["action"], "status": "ok"},
    lambda r, rng: "The windows are open." if r["window"] == "open" else "The windows are closed.",
    ["(do something with|change|move) the windows", "the windows please"],
    "Should I open or close the windows?",
    "",
    [
        ("window_control", "Moves the windows.", {"action": "state"}),
        ("move_windows", "Roll the windows up or down.", {"action": "command"}),
        ("windows", "Control of the windows.", {"action": "do"}),
    ],
)
