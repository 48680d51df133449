"""Rate conversion beside soxr in the same run: a stream in 20 ms pieces, and one call over 30 s. One core.

`voice` and `hq` are held against soxr HQ, `vhq` against soxr VHQ. Needs soxr (pip install soxr). Run it on an otherwise
idle machine.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import soxr

from claims import Claims
from electron_local.audio import Resampler, resample
from side_by_side import compare, race

PAIRS = [(16000, 48000), (48000, 16000), (44100, 16000), (8000, 16000)]
PIECE_MS = 20
PEERS = {"voice": "HQ", "hq": "HQ", "vhq": "VHQ"}
STREAM_AIMS = {"voice": 2.0, "hq": 1.0}
RECORDING_AIMS = {"hq": 1.0, "vhq": 1.0}


def streams(from_rate: int, to_rate: int) -> dict[str, Callable[[], Any]]:
    """One call converts the next 20 ms of an endless stream."""
    piece = np.random.default_rng(0).uniform(-0.5, 0.5, from_rate * PIECE_MS // 1000).astype(np.float32)
    calls: dict[str, Callable[[], Any]] = {}
    for quality in STREAM_AIMS:
        calls[quality] = partial(Resampler(from_rate, to_rate, quality).process, piece)
    peer = soxr.ResampleStream(from_rate, to_rate, 1, dtype="float32", quality="HQ")
    calls["soxr HQ"] = partial(peer.resample_chunk, piece)
    return calls


def special_streams(name: str) -> tuple[str, dict[str, Callable[[], Any]]]:
    """`voice` with two channels, and beside a clock that drifts; soxr's stream with two, and of a variable rate."""
    from_rate, to_rate = 48000, 16000
    shape: tuple[int, ...] = (from_rate * PIECE_MS // 1000,)
    peer = soxr.ResampleStream(from_rate, to_rate, 1, dtype="float32", quality="HQ", vr=name == "drift")
    if name == "drift":
        ours = Resampler(from_rate, to_rate, "voice", can_drift=True)
        ours.set_drift(50)
        peer.set_io_ratio(from_rate * (1 + 50e-6), to_rate, 0)
    else:
        shape = (*shape, 2)
        ours = Resampler(from_rate, to_rate, "voice", n_channels=2)
        peer = soxr.ResampleStream(from_rate, to_rate, 2, dtype="float32", quality="HQ")
    piece = np.random.default_rng(0).uniform(-0.5, 0.5, shape).astype(np.float32)
    calls = {"voice": partial(ours.process, piece), "soxr HQ": partial(peer.resample_chunk, piece)}
    return f"stream {from_rate}->{to_rate} voice, {name}", calls


def recordings(from_rate: int, to_rate: int, seconds: int) -> dict[str, Callable[[], Any]]:
    """One call converts a whole recording, by the way that is quickest on either side."""
    samples = np.random.default_rng(0).uniform(-0.5, 0.5, from_rate * seconds).astype(np.float32)
    calls: dict[str, Callable[[], Any]] = {}
    for quality in RECORDING_AIMS:
        calls[quality] = partial(resample, samples, from_rate, to_rate, quality, exact=False)
        calls[f"soxr {PEERS[quality]}"] = partial(soxr.resample, samples, from_rate, to_rate, PEERS[quality])
    return calls


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--rounds", type=int, default=15)
    arguments = parser.parse_args()
    claims = Claims("resampling", soxr=soxr.__version__, piece_ms=PIECE_MS, seconds=arguments.seconds)
    for from_rate, to_rate in PAIRS:
        times = race(streams(from_rate, to_rate), arguments.rounds)
        for quality, aim in STREAM_AIMS.items():
            name = f"stream {from_rate}->{to_rate} {quality}"
            compare(claims, name, times[quality], times[f"soxr {PEERS[quality]}"], aim)
    for special in ("two channels", "drift"):
        name, calls = special_streams(special)
        times = race(calls, arguments.rounds)
        compare(claims, name, times["voice"], times["soxr HQ"], None)
    for from_rate, to_rate in PAIRS:
        times = race(recordings(from_rate, to_rate, arguments.seconds), max(3, arguments.rounds // 2))
        for quality, aim in RECORDING_AIMS.items():
            name = f"recording {from_rate}->{to_rate} {quality}"
            compare(claims, name, times[quality], times[f"soxr {PEERS[quality]}"], aim)
    claims.finish()


if __name__ == "__main__":
    main()
