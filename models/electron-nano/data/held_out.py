"""Requests that are only ever used to evaluate. Training drops any request with one of these wordings or sentences."""

from __future__ import annotations

from typing import Any

# Verbatim sentences with the call that each asks for.
SENTENCES: list[tuple[str, str, dict[str, Any]]] = [
    ("set the temperature to twenty two degrees", "set_temperature", {"degrees": 22}),
    ("play some jazz music", "play_music", {"query": "jazz"}),
    ("take me to the airport", "start_navigation", {"destination": "airport"}),
    ("call my mother", "call_contact", {"name": "mother"}),
    ("set a timer for ten minutes", "set_timer", {"minutes": 10}),
    ("what is the weather in london", "get_weather", {"city": "london"}),
    ("i would like to order two large coffees", "order_item", {"item": "coffee", "quantity": 2, "size": "large"}),
    ("please open the window", "set_window", {"action": "open"}),
]

# tool: {kind: wordings}, slots as in known_tools.
WORDINGS: dict[str, dict[str, list[str]]] = {
    "set_temperature": {
        "n": [
            "i'd be happier with {n} degrees in this car",
            "set the cabin to {n}",
            "could we go for {n} degrees",
            "please have the climate control at {n} degrees",
            "turn the temperature to {n} degrees please",
            "let's make the temperature {n}",
            "can you make the car {n} degrees for me",
            "i think {n} degrees would be nice",
            "my wife wants it at {n} degrees",
            "set temperature {n}",
            "dial the heat to {n} degrees",
            "what about {n} degrees in the cabin",
        ]
    },
    "play_music": {
        "genre": [
            "how about some {q} music",
            "could i get some {q} on the speakers",
            "play me some {q} tunes",
            "turn on the {q} music please",
            "time for some {q} music",
            "i could use a bit of {q}",
        ],
        "artist": [
            "start something from {q}",
            "can i hear a track by {q}",
            "play me a bit of {q}",
            "would you play {q} for us",
        ],
        "title": ["start playing {q}", "play that song called {q}", "i want the song {q}", "next song {q} please"],
    },
    "start_navigation": {
        "the": [
            "i have to be at the {p} soon take me there",
            "bring up directions to the {p}",
            "could you get me over to the {p}",
            "lead me to the {p}",
            "which way to the {p}",
            "we should drive to the {p} now",
        ],
        "name": [
            "our next stop is {p}",
            "could you plot a route to {p}",
            "lead us to {p}",
            "i am on my way to {p} show me the route",
            "next destination {p}",
            "directions for {p} please",
        ],
    },
    "call_contact": {
        "my": [
            "i must speak to my {p} right away",
            "would you phone my {p}",
            "let me talk to my {p}",
            "start calling my {p}",
            "please get in touch with my {p}",
            "can i call my {p}",
        ],
        "name": [
            "let me talk to {p}",
            "would you phone {p}",
            "try calling {p} for me",
            "please get in touch with {p}",
            "can i call {p}",
            "i'd better call {p}",
        ],
    },
    "set_timer": {
        "n": [
            "let me have a timer of {n} {u}",
            "could we get {n} {u} on a timer",
            "please time {n} {u} for me",
            "run a timer for {n} {u}",
            "set the clock to ring in {n} {u}",
            "i want to be reminded in {n} {u}",
            "my eggs need {n} {u} start a timer",
            "start counting down {n} {u}",
        ],
        "fixed": ["run a timer for {t}", "could you time {t} please", "let me know in {t}", "i want a timer {t} long"],
    },
    "get_weather": {
        "c": [
            "is the weather good in {c}",
            "what kind of weather does {c} have",
            "how is the weather over in {c}",
            "is there rain in {c} at the moment",
            "i wonder what the weather is in {c}",
            "let me know the forecast for {c}",
            "can you tell me what the weather is like in {c}",
            "should i pack a raincoat for {c}",
            "what is it like outside over in {c} today",
            "weather for {c} please",
            "any snow in {c} today",
            "could you find the weather for {c}",
        ]
    },
    "order_item": {
        "plain": [
            "we will have {n} {i} please",
            "i think i'll take {n} {i}",
            "could you get us {n} {i}",
            "i'd love {n} {i}",
            "please bring {n} {i}",
            "that will be {n} {i} for me",
        ],
        "sized": [
            "we will have {n} {s} {i} please",
            "i think i'll take {n} {s} {i}",
            "could you get us {n} {s} {i}",
            "i'd love {n} {s} {i}",
            "please order me {n} {s} {i} for later",
            "that will be {n} {s} {i} to go",
        ],
    },
    "set_window": {
        "open": [
            "can you get the window open",
            "i want some air open the window please",
            "let the windows down please",
            "would you mind opening the window",
            "could i have the window open a little",
            "window open please",
        ],
        "close": [
            "can you get the window closed",
            "i feel a draft close the window please",
            "let the windows up please",
            "would you mind closing the window",
            "could i have the window shut again",
            "make sure the windows are closed",
        ],
    },
}

# Small talk and what no tool here does, with a word that the answer must hold.
TALK: list[tuple[str, str]] = [
    ("hi electron good to see you", "can"),
    ("hello how are you doing today", "fine"),
    ("thanks that was very helpful", "welcome"),
    ("alright goodbye then", "goodbye"),
    ("so what is your name then", "electron"),
    ("may i know your name", "electron"),
    ("got any jokes for me", "?"),
    ("are you a real person", "assistant"),
    ("book me a table at an italian restaurant", "sorry"),
    ("turn on the lights in the living room", "sorry"),
    ("send a message to everyone at work", "sorry"),
    ("how much money is in my bank account", "sorry"),
    ("who is the president of brazil", "sorry"),
    ("add eggs to the shopping list please", "sorry"),
    ("translate good morning into spanish", "sorry"),
    ("how many calories are in an apple", "sorry"),
]

# What asks for nothing: said to others, read aloud, or heard in part.
STRAY: list[str] = [
    "the violin needs a new string before the recital",
    "she told the reporter that she had no comment",
    "nobody could explain why the lighthouse went dark",
    "my grandfather kept bees behind the chapel",
    "a gust of wind carried the umbrella away",
    "the second witness contradicted the first",
    "we used to swim in that quarry as kids",
    "he polished his boots until they gleamed",
    "no honey not you i mean the other one",
    "it rained on every single day of the fair",
    "the glue has to dry before you sand it",
    "and that is how the museum got its dinosaur",
    "these mushrooms are not the kind you eat",
    "yesterday the twins started walking",
    "sixteen",
    "forty four",
    "nine eight one",
    "would you mind",
    "there should be",
    "lantern",
]
