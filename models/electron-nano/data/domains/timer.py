"""How people ask for countdowns, and what they are told."""

from __future__ import annotations

from random import Random

from ..domain import POLITE, Domain, Filled, minutes_told, spoken_number


def _timer(kind: str, rng: Random, held_out: bool) -> Filled:
    if kind == "fixed":
        spoken, n = rng.choice(
            [
                ("half an hour", 30),
                ("an hour", 60),
                ("one hour", 60),
                ("a quarter of an hour", 15),
                ("a minute", 1),
                ("an hour and a half", 90),
                ("two hours", 120),
                ("three hours", 180),
                ("one and a half hours", 90),
            ]
        )
        return Filled({"t": spoken}, {"minutes": n})
    n = rng.choice((rng.randint(1, 20), rng.choice((5, 10, 15, 20, 25, 30, 40, 45, 50, 60, 90)), rng.randint(1, 99)))
    return Filled({"n": spoken_number(n, rng), "u": "minute" if n == 1 else "minutes"}, {"minutes": n})


DOMAIN = Domain(
    "set_timer",
    {
        "n": [
            "(time|clock|measure) {n} {u} [now|exactly|from now]",
            "(i'd like|i want|we need) to (be told|be warned|be alerted|hear a beep) (in|after) {n} {u}",
            "(my|the) (bread|soup|coffee|dough|bath|steak) (is done|is ready|must come out) in {n} {u} [start a "
            "timer|set an alert]",
            "(begin|start|run) (a countdown|counting|the countdown|a clock) (of|for|from) {n} {u}",
            "(let|have) (the|a) (alarm|bell|buzzer|timer) (ring|go off|sound) (in|after) {n} {u}",
            "(can|could) (we|i) (get|have) (a timer|a countdown|an alert) (of|for|in) {n} {u} [please]",
            "(my|the) (pizza|pasta|rice|tea|cake|laundry) (takes|needs) {n} {u} "
            "(set a timer|start a timer|set the timer)",
            "(i only have|i have|we have) {n} {u} (start the clock|set a timer|count it down)",
            "(in|after) {n} {u} (wake me|tell me|remind me|beep|ring)",
            "(could i have|may i have|can i have|i could use) a {n} minute (timer|countdown)",
            "(put|set) {n} {u} on the (timer|clock|stopwatch)",
            POLITE + "(set|start|make|create|give me|put on|begin) (a|the|my) [kitchen|countdown] timer (for|"
            "of|to|at) {n} {u}",
            POLITE + "(set|start|make|create|give me) a {n} minute timer [please|now]",
            "timer [for] {n} {u} [please]",
            "(wake|remind|tell|alert|warn) me in {n} {u}",
            "(count down|countdown) [from] {n} {u}",
            "(i need|i want|i'd like) a [countdown] timer (for|of) {n} {u}",
            "(let me know|ring|beep) (in|after|when) {n} {u} [are over]",
            "{n} {u} (timer|on the timer|on the clock) [please]",
        ],
        "fixed": [
            "(i'd like|i want|we need) to (be told|be warned|be alerted) (in|after) {t}",
            "(begin|start|run) (a countdown|counting|the clock|a timer) (of|for) {t}",
            "(clock|measure|count down) {t} [please|now]",
            "(a|one) (timer|countdown) of {t} [please|would be nice]",
            POLITE + "(set|start|make|create|give me) (a|the) [countdown] timer (for|of) {t} [please]",
            "timer [for] {t} [please]",
            "(wake|remind|tell|alert) me in {t}",
            "(i need|i want|i'd like) a timer (for|of) {t}",
        ],
    },
    _timer,
    lambda a, rng: {**a, "status": "ok"},
    lambda r, rng: f"Your timer is set for {minutes_told(r['minutes'])}.",
    [
        "[please|can you] (set|start) a timer",
        "i need a [countdown] timer",
        "start (the|a) countdown",
        "timer please",
    ],
    "For how many minutes?",
    "[for|make it|let's say|about] {n} {u} [please]",
    [
        ("start_timer", "Count down and ring.", {"minutes": "duration_minutes"}),
        ("countdown", "Starts a countdown.", {"minutes": "length"}),
        ("timer_create", "Create a timer.", {"minutes": "duration"}),
        ("kitchen_timer", "Ring after some minutes.", {"minutes": "mins"}),
    ],
)
