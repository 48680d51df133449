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
            "(it is time for|how do you feel about|i am ready for|nothing beats) [some|a bit of] {q} [music|"
            "tunes|songs]",
            "(could|can|may) (we|i) (get|have) [some|a little] {q} [music|tunes] (in here|on|in the car|on the "
            "stereo) [please]",
            "(drop|throw on|turn up|spin|let me hear) [some|a few] {q} (music|tunes|songs|tracks) [for us|please]",
            "(my kids want|we would love|i could do with) [some] {q} (music|songs|tunes)",
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
            "(could|can|may) (we|i) (get|have) [a bit of|some|something by] {q} [in here|on|on the stereo] [please]",
            "(begin|start) with (something by|a tune by|a song by|the music of) {q}",
            "(would|will) you (put on|turn on) (a track|a record|an album|tunes|some songs) (by|of|from) {q} "
            "[for me|please]",
            "(a|another|one more) (song|track|tune|record) (by|of|from) {q} [please]",
            "(drop|throw on|spin) (some|a little|something from) {q}",
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
            "(start|begin|go on|continue) with [the song|the track] {q} [please]",
            "(the next|the first|my favorite|another) (one|track|tune|piece) (is|should be) {q}",
            "(put|throw) [the tune|the record] {q} on [now|next|please]",
            "(a song|that track|the tune|something) (called|named|with the name) {q} [please]",
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
