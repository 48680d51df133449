"""Spoken requests for the benches: held-out wordings of the bundled model's recipe, said by Flite, with labelled ends.

Three voices take turns. Some requests have a pause of 200 to 700 ms inside: at a comma, where the voice goes on as
before a comma, or cut into fluent speech, where nothing but the silence says so. Needs the program `flite`.
"""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from electron_local.audio.wav import read_wav

sys.path.insert(0, str(Path(__file__).parent.parent / "models" / "electron-nano"))
from data import requests
from data.known_tools import DOMAINS
from data.requests import Style

RATE = 16000
VOICES = ("slt", "rms", "awb")
PAUSE_MS = (200, 700)
_LEAD_MS = 500
_BLOCK = RATE // 100
_LOUD = 0.01  # of the loudest sample
_NOISE = 0.0005


@dataclass(frozen=True)
class SpokenRequest:
    """`samples`: float32 mono 16 kHz, half a second of quiet before the speech; `end_ms`: its last loud 10 ms.

    `pauses_ms`: (from, to) of the silences inside. `tool`, `args`: the call that is right; no tool: an answer is.
    """

    text: str
    voice: str
    samples: np.ndarray
    end_ms: float
    pauses_ms: tuple[tuple[float, float], ...] = ()
    tool: str | None = None
    args: dict[str, Any] = field(default_factory=dict)


def spoken_requests(
    n: int, *, paused: bool, seed: int = 7, voices: Sequence[str] = VOICES, has_new_names: bool = True
) -> list[SpokenRequest]:
    """`n` requests of at least four words, the same each time; with a pause inside each, or without.

    `has_new_names`: half of them are about people, places and things that the model was not trained on; many of those
    are invented, and in no recogniser's dictionary.
    """
    rng = random.Random(seed)
    spoken: list[SpokenRequest] = []
    while len(spoken) < n:
        domain = rng.choice(list(DOMAINS))
        request = requests.test(domain, Style(True, 0.0), rng, has_new_entities=has_new_names)
        text = request.text
        voice = voices[len(spoken) % len(voices)]
        if len(text.split()) < 4:
            continue
        made = _paused(text, voice, rng) if paused else framed(text, voice, _say(text, voice))
        if made is not None:
            spoken.append(replace(made, tool=request.tool, args=request.args))
    return spoken


def _say(text: str, voice: str) -> np.ndarray:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "said.wav"
        subprocess.run(["flite", "-voice", voice, "-t", text, "-o", path], check=True)
        return trimmed(read_wav(path, sample_rate=RATE).samples)


def trimmed(samples: np.ndarray) -> np.ndarray:
    """From the first loud 10 ms to the last."""
    loud = np.flatnonzero(_is_loud(samples))
    return samples[loud[0] * _BLOCK : (loud[-1] + 1) * _BLOCK]


def _is_loud(samples: np.ndarray) -> np.ndarray:
    blocks = samples[: len(samples) // _BLOCK * _BLOCK].reshape(-1, _BLOCK)
    return np.sqrt((blocks**2).mean(axis=1)) > _LOUD * np.abs(samples).max()


def _paused(text: str, voice: str, rng: random.Random) -> SpokenRequest | None:
    words = text.split()
    cut = rng.randint(1, len(words) - 1)
    n_pause = rng.randint(*PAUSE_MS) * RATE // 1000
    if rng.random() < 0.5:
        samples = _say(" ".join(words[:cut]) + ", " + " ".join(words[cut:]), voice)
        start, stop = _longest_silence(samples)
        if stop - start < RATE // 10:
            return None
    else:
        samples = _say(text, voice).copy()
        start = stop = _quietest(samples, round(0.95 * len(_say(" ".join(words[:cut]), voice))))
        fade = np.linspace(1, 0, _BLOCK, dtype=np.float32)
        samples[start - _BLOCK : start] *= fade
        samples[start : start + _BLOCK] *= fade[::-1]
    samples = np.concatenate([samples[:start], np.zeros(n_pause, np.float32), samples[stop:]])
    return framed(text, voice, samples, ((start, start + n_pause),))


def framed(text: str, voice: str, samples: np.ndarray, pauses: tuple[tuple[int, int], ...] = ()) -> SpokenRequest:
    """A request of samples that end with their last loud ones; half a second of quiet noise comes before them."""
    rng = np.random.default_rng(len(samples))
    samples = np.concatenate([np.zeros(_LEAD_MS * RATE // 1000, np.float32), samples])
    samples += rng.normal(0, _NOISE, len(samples)).astype(np.float32)
    in_ms = tuple((_LEAD_MS + 1000 * start / RATE, _LEAD_MS + 1000 * stop / RATE) for start, stop in pauses)
    return SpokenRequest(text, voice, samples, 1000 * len(samples) / RATE, in_ms)


def _longest_silence(samples: np.ndarray) -> tuple[int, int]:
    edges = np.flatnonzero(np.diff(np.concatenate([[1], _is_loud(samples).astype(int), [1]])))
    runs = [(int(a) * _BLOCK, int(b) * _BLOCK) for a, b in zip(edges[::2], edges[1::2], strict=True)]
    return max(runs, key=lambda run: run[1] - run[0], default=(0, 0))


def _quietest(samples: np.ndarray, near: int) -> int:
    """The place within 100 ms of `near` where a cut is heard least."""
    first = min(max(_BLOCK, near - RATE // 10), len(samples) - 2 * _BLOCK)
    starts = range(first, max(first + 1, min(near + RATE // 10, len(samples) - 2 * _BLOCK)), _BLOCK // 2)
    return min(starts, key=lambda at: float(np.abs(samples[at : at + _BLOCK]).mean()))
