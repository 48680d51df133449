"""How people ask for music, and what they are told."""

from __future__ import annotations

from random import Random

from .. import entities as en
from ..domain import POLITE, Domain, Filled


def _music(kind: str, rng: Random, held_out: bool) -> Filled:
    if kind == "genre":
        query = en.pick(en.GENRES, rng, held_out=held_out)
    elif kind == "artist":
        query = en.person(rng) if rng.random() < 0.25 else en.pick(en.ARTISTS, rng, held_out=held_out)
    else:
        query = en.title(rng, held_out=held_out)
        if rng.random() < 0.3:
            query += f" by {en.pick(en.ARTISTS, rng, held_out=held_out)}"
    return Filled({"q": query}, {"query": query})


DOMAIN = Domain(
    "play_music",
    {
        "genre": [
            "(what about|maybe|why not) [some|a little] {q} [music]",
            "(switch|change) (to|over to) {q} [music]",
            "(find|choose|pick|stream|blast) [me|us] some {q} [music|songs|please]",
            "(we|i) (love|like|enjoy|need) {q} [music] [so] (play it|put it on)",
            POLITE + "(play|put on|start|turn on) [some|a bit of|a little] {q} [music] [please|for me|now]",
            "(i want|i'd like|i would like|i feel like) (to hear|listening to|to listen to) [some] {q} [music]",
            "(let's|can we|could we) (hear|have|listen to) some {q} [music]",
            "[some] {q} music [please]",
            "(i'm|i am|we are) in the mood for [some] {q} [music]",
            "(do you have|got|have you got) (any|some) {q} [music]",
        ],
        "artist": [
            "(find|choose|pick|stream|blast) [me|us] (something|a song|songs|an album) (by|from) {q}",
            "(we|i) (love|like|enjoy) {q} [so] (play them|put them on|play a song)",
            "(the best|the greatest hits|the new album) of {q} [please]",
            "(switch|change) to {q} [please]",
            POLITE + "(play|put on) [something by|songs by|music by|the band] {q} [please|now]",
            "(i want|i'd like|i would like) (to hear|to listen to) [something by|some] {q}",
            "(let's|can we) (hear|listen to) [some] {q}",
            "(give me|let me hear) (some|something by|a song by) {q}",
        ],
        "title": [
            "(find|stream|look up) [the song|the track] {q} [and play it]",
            "(do you know|can you find) [the song] {q} [play it]",
            "{q} is my favorite song (play it|put it on)",
            POLITE + "(play|put on|start) [the song|the track] {q} [please|for me|next]",
            "(i want|i'd like|i would like) to hear [the song] {q}",
            "(let's|can we) (hear|listen to) {q}",
        ],
    },
    _music,
    lambda a, rng: {"playing": a["query"], "status": "ok"},
    lambda r, rng: f"Playing {r['playing']}.",
    [
        "[please|can you] (play|put on|start) (some music|a song|something|music)",
        "i want to (hear|listen to) music",
    ],
    "What would you like to hear?",
    "[play|maybe|how about|some|let's have] {q} [please]",
    [
        ("start_playback", "Play a song, artist or style.", {"query": "search"}),
        ("media_play", "Find and play music.", {"query": "what"}),
        ("audio_play", "Plays audio by name or style.", {"query": "term"}),
        ("jukebox", "Put on a song or a kind of music.", {"query": "selection"}),
    ],
)
