"""Rate conversion beside soxr in the same run: a stream in 20 ms pieces, and one call over 30 s. One core.

`voice` and `hq` are held against soxr HQ, `vhq` against soxr VHQ. The ratio is soxr's time over ours: above 1 we are
quicker. Medians of alternating rounds; JSON with the machine's facts on the last line. Needs soxr (pip install soxr).
Run it on an otherwise idle machine.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import soxr

from electron_local.audio import Resampler, resample
from side_by_side import print_json, race

PAIRS = [(16000, 48000), (48000, 16000), (44100, 16000), (8000, 16000)]
PIECE_MS = 20
PEERS = {"voice": "HQ", "hq": "HQ", "vhq": "VHQ"}


def streams(from_rate: int, to_rate: int) -> dict[str, Callable[[], Any]]:
    """One call converts the next 20 ms of an endless stream."""
    piece = np.random.default_rng(0).uniform(-0.5, 0.5, from_rate * PIECE_MS // 1000).astype(np.float32)
    calls: dict[str, Callable[[], Any]] = {}
    for quality in PEERS:
        ours = Resampler(from_rate, to_rate, quality)
        calls[quality] = partial(ours.process, piece)
    for quality in set(PEERS.values()):
        peer = soxr.ResampleStream(from_rate, to_rate, 1, dtype="float32", quality=quality)
        calls[f"soxr {quality}"] = partial(peer.resample_chunk, piece)
    return calls


def recordings(from_rate: int, to_rate: int, seconds: int) -> dict[str, Callable[[], Any]]:
    """One call converts a whole recording."""
    samples = np.random.default_rng(0).uniform(-0.5, 0.5, from_rate * seconds).astype(np.float32)
    calls: dict[str, Callable[[], Any]] = {}
    for quality in PEERS:
        calls[quality] = partial(resample, samples, from_rate, to_rate, quality)
    for quality in set(PEERS.values()):
        calls[f"soxr {quality}"] = partial(soxr.resample, samples, from_rate, to_rate, quality)
    return calls


def report(title: str, calls: dict[str, Callable[[], Any]], n_rounds: int, audio_s: float) -> dict[str, Any]:
    timings = race(calls, n_rounds)
    found: dict[str, Any] = {}
    for quality, peer in PEERS.items():
        ours, theirs = timings[quality].median_s, timings[f"soxr {peer}"].median_s
        found[quality] = {
            "us": round(ours * 1e6, 2),
            "soxr_us": round(theirs * 1e6, 2),
            "ratio": round(theirs / ours, 2),
        }
        print(
            f"{title:<24} {quality:<6} {ours * 1e6:10.2f} us {audio_s / ours:9.0f} x real time   "
            f"soxr {peer:<4} {theirs * 1e6:10.2f} us   ratio {theirs / ours:5.2f}"
        )
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--only", choices=["stream", "recording"])
    arguments = parser.parse_args()
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    found: dict[str, Any] = {"soxr": soxr.__version__}
    for from_rate, to_rate in PAIRS:
        pair = f"{from_rate}->{to_rate}"
        if arguments.only != "recording":
            calls = streams(from_rate, to_rate)
            found[f"stream {pair}"] = report(f"stream {pair}", calls, arguments.rounds, PIECE_MS / 1000)
        if arguments.only != "stream":
            calls = recordings(from_rate, to_rate, arguments.seconds)
            n_rounds = max(3, arguments.rounds // 3)
            found[f"recording {pair}"] = report(f"recording {pair}", calls, n_rounds, arguments.seconds)
    print_json(found)


if __name__ == "__main__":
    main()
