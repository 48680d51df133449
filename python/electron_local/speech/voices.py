"""The named voices of Hydra (PROTOCOL §2): which model has which, and how espeak speaks them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Manner:
    """How a piece is spoken: a voice file with variant, words a minute, pitch and its range (0 to 100)."""

    voice: str
    rate_wpm: int = 175
    pitch: int = 50
    pitch_range: int = 50


# Voice name -> espeak variant and prosody; the language's own voice file is put in front of the variant.
_HYDRA = {
    "wren": Manner("f2", rate_wpm=170, pitch=52, pitch_range=55),
    "sloane": Manner("Annie", rate_wpm=160, pitch=40, pitch_range=45),
    "marlowe": Manner("steph", rate_wpm=180, pitch=62, pitch_range=65),
    "reed": Manner("m3", rate_wpm=170, pitch=48, pitch_range=50),
    "knox": Manner("m7", rate_wpm=155, pitch=25, pitch_range=40),
    "tate": Manner("m1", rate_wpm=185, pitch=68, pitch_range=60),
}
_HYDRA_1_1 = {
    "zoe": Manner("f5", rate_wpm=180, pitch=60, pitch_range=60),
    "maya": Manner("belinda", rate_wpm=165, pitch=34, pitch_range=50),
    "elena": Manner("linda", rate_wpm=170, pitch=50, pitch_range=55),
    "ivy": Manner("f3", rate_wpm=185, pitch=78, pitch_range=60),
    "grace": Manner("aunty", rate_wpm=155, pitch=36, pitch_range=45),
    "alex": Manner("Alex", rate_wpm=175, pitch=58, pitch_range=55),
    "aria": Manner("f1", rate_wpm=165, pitch=64, pitch_range=70),
    "leo": Manner("rob", rate_wpm=170, pitch=46, pitch_range=50),
    "sam": Manner("ed", rate_wpm=180, pitch=66, pitch_range=55),
    "kai": Manner("pablo", rate_wpm=170, pitch=40, pitch_range=50),
}
_HYDRA_1_0 = {
    "vaughn": Manner("david", rate_wpm=155, pitch=45, pitch_range=45),
    "brooks": Manner("m6", rate_wpm=165, pitch=34, pitch_range=45),
    "cole": Manner("adam", rate_wpm=170, pitch=52, pitch_range=50),
    "hayes": Manner("john", rate_wpm=165, pitch=42, pitch_range=45),
    "pierce": Manner("victor", rate_wpm=180, pitch=76, pitch_range=60),
    "sterling": Manner("m2", rate_wpm=165, pitch=40, pitch_range=45),
    "ellis": Manner("Mario", rate_wpm=180, pitch=64, pitch_range=55),
    "lane": Manner("boris", rate_wpm=170, pitch=58, pitch_range=50),
    "quinn": Manner("f1", rate_wpm=175, pitch=14, pitch_range=45),
    "arden": Manner("Lee", rate_wpm=170, pitch=74, pitch_range=60),
    "rowan": Manner("travis", rate_wpm=165, pitch=70, pitch_range=55),
    "blair": Manner("f4", rate_wpm=180, pitch=50, pitch_range=55),
    "emery": Manner("shelby", rate_wpm=165, pitch=40, pitch_range=50),
    "sawyer": Manner("quincy", rate_wpm=170, pitch=62, pitch_range=50),
}

VOICES: dict[str, Manner] = {**_HYDRA, **_HYDRA_1_1, **_HYDRA_1_0}
VOICES_OF_MODEL: dict[str, tuple[str, ...]] = {
    "hydra": tuple(_HYDRA),
    "hydra-v1.1": tuple(_HYDRA_1_1),
    "hydra-v1.0": tuple(_HYDRA_1_0),
}
