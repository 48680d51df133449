"""The echo guard in simulated rooms: echo return loss, false barge-ins, barge-ins caught.

A loudspeaker plays read speech (the bot) into rooms with 0.2 to 0.6 s of reverberation, 6 dB under to 6 dB over the
level of a talker, two of them through a loudspeaker that clips; in the middle of each run the loudspeaker moves. Then a
talker speaks every four seconds while the bot goes on. A barge-in is speech of 200 ms that `Vad` finds behind the
guard. Reduction is counted from 2 s after the start and after the move on. `--seed` makes other rooms. Needs the
recordings that ELECTRON_LOCAL_TEST_DATA names, and scipy.
"""

from __future__ import annotations

import argparse
import os
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.signal import fftconvolve

from claims import Claims, median
from electron_local.audio import read_wav
from electron_local.audio.echo import EchoGuard
from electron_local.vad import Vad, VadOptions

Signal = npt.NDArray[np.float64]

RATE = 16000
LEVEL_DB = -26.0  # of a talker, while speaking
BOT = ["ps_librivox_0870", "sb_spk1_snt1", "ps_librivox_0890", "sb_spk1_snt2", "ps_librivox_0920", "sb_spk1_snt3"]
TALKER = [
    "sb_spk2_snt1",
    "sb_spk2_snt3",
    "ps_digits_2934z",
    "sb_spk2_snt4",
    "ps_goforward",
    "sb_spk2_snt5",
    "ps_cards_005",
]
BARGE_IN = VadOptions(min_speech_ms=200)
PAUSE_S = 0.35
TALK_EVERY_S = 4


@dataclass(frozen=True)
class Room:
    reverberation_s: float
    echo_db: float  # against the talker
    delay_ms: float
    clips: bool = False


ROOMS = [
    Room(0.2, -6.0, 20),
    Room(0.4, 0.0, 60),
    Room(0.6, 6.0, 120),
    Room(0.4, 6.0, 40, clips=True),
    Room(0.3, 0.0, 200, clips=True),
]


def at_level(signal: Signal, level_db: float) -> Signal:
    """Scaled so that what is not pause has this level."""
    loud = signal[np.abs(signal) > 0.01 * np.abs(signal).max()]
    return np.asarray(signal / np.sqrt(np.mean(loud**2)) * 10 ** (level_db / 20))


def response(room: Room, seed: int, direct_db: float = 3.0) -> Signal:
    """Noise that decays by 60 dB in the reverberation time, behind a direct path."""
    rng = np.random.default_rng(seed)
    time_s = np.arange(int(1.1 * room.reverberation_s * RATE)) / RATE
    tail = rng.standard_normal(len(time_s)) * 10 ** (-3 * time_s / room.reverberation_s)
    tail[:20] = 0
    tail /= np.sqrt(np.sum(tail**2))
    tail[0] = 10 ** (direct_db / 20)
    return np.concatenate([np.zeros(int(room.delay_ms * RATE / 1000)), tail / np.sqrt(np.sum(tail**2))])


def speech(folder: Path, names: list[str], seconds: int) -> Signal:
    """Clips one after the other, again and again."""
    pieces: list[Signal] = []
    while sum(map(len, pieces)) < seconds * RATE:
        for name in names:
            clip = read_wav(folder / f"{name}.wav").samples.astype(np.float64)
            pieces += [at_level(clip, LEVEL_DB), np.zeros(int(PAUSE_S * RATE))]
    return np.concatenate(pieces)[: seconds * RATE]


def heard_echo(bot: Signal, room: Room, seed: int) -> Signal:
    played = np.clip(bot, -0.15, 0.15) if room.clips else bot
    moved = Room(room.reverberation_s, room.echo_db, room.delay_ms + 2.5, room.clips)
    echoes = [fftconvolve(played, response(r, seed + i))[: len(bot)] for i, r in enumerate((room, moved))]
    before, after = (at_level(echo, LEVEL_DB + room.echo_db) for echo in echoes)
    half = len(bot) // 2
    return np.concatenate([before[:half], after[half:]])


def talks(folder: Path, seconds: int, first: int, seed: int) -> tuple[Signal, list[tuple[float, float]]]:
    """The talker's speech, and from when to when each of them lasts, in seconds."""
    signal, times = np.zeros(seconds * RATE), []
    for i, start_s in enumerate(range(5, seconds - 4, TALK_EVERY_S)):
        clip = read_wav(folder / f"{TALKER[(first + i) % len(TALKER)]}.wav").samples
        signal[start_s * RATE : start_s * RATE + len(clip)] += clip
        times.append((float(start_s), start_s + len(clip) / RATE))
    near = Room(0.3, 0.0, 0)
    return at_level(fftconvolve(signal, response(near, seed + 99, 6.0))[: len(signal)], LEVEL_DB), times


def guarded(microphone: Signal, played: Signal) -> tuple[npt.NDArray[np.float32], float]:
    """What comes out, moved back by the delay, and seconds that it took; in pieces of 20 ms."""
    guard, pieces = EchoGuard(), []
    heard, sent = microphone.astype(np.float32), played.astype(np.float32)
    begin = time.perf_counter()
    for start in range(0, len(heard), 320):
        pieces.append(guard.process(heard[start : start + 320], sent[start : start + 320]))
    elapsed_s = time.perf_counter() - begin
    return np.concatenate(pieces)[guard.delay :], elapsed_s


def reduction_db(before: Signal, after: npt.NDArray[np.float32], start_s: float, end_s: float) -> float:
    span = slice(int(start_s * RATE), min(int(end_s * RATE), len(after)))
    return float(10 * np.log10(np.sum(before[span] ** 2) / np.sum(after[span].astype(np.float64) ** 2)))


def starts_s(samples: npt.NDArray[np.float32]) -> list[float]:
    return [event.ms / 1000 for event in Vad(options=BARGE_IN).push(samples) if event.kind == "speech_started"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=120, help="of bot speech in each of the five rooms")
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("ELECTRON_LOCAL_TEST_DATA", "../shared/data")))
    parser.add_argument("--seed", type=int, default=0, help="of the noise that the rooms are made of")
    arguments = parser.parse_args()
    folder, seconds, seed = arguments.data / "audio", arguments.seconds, arguments.seed
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    rng = np.random.default_rng(seed)
    claims = Claims("audio_echo", rooms=len(ROOMS), seconds=seconds, seed=seed)
    after_start, after_move, cost_us = [], [], []
    n_false = n_caught = n_talks = 0
    for number, room in enumerate(ROOMS):
        bot = speech(folder, BOT, seconds)
        noise = 10 ** (-65 / 20) * rng.standard_normal(len(bot))
        echo = heard_echo(bot, room, seed + 10 * number) + noise
        out, elapsed_s = guarded(echo, bot)
        cost_us.append(elapsed_s / (seconds * RATE / 256) * 1e6)
        half = seconds / 2
        after_start.append(reduction_db(echo, out, 2, half))
        after_move.append(reduction_db(echo, out, half + 2, seconds))
        false = starts_s(out)
        n_false += len(false)
        near, times = talks(folder, seconds, number, seed)
        found = starts_s(guarded(echo + near, bot)[0])
        caught = [any(start - 0.1 <= t <= end for t in found) for start, end in times]
        n_caught, n_talks = n_caught + sum(caught), n_talks + len(caught)
        name = f"{room.reverberation_s} s, echo {room.echo_db:+.0f} dB{', clipping' if room.clips else ''}"
        claims.ratio(f"echo reduction from 2 s on: {name}", after_start[-1], "dB", at_least=20)
        claims.ratio(f"echo reduction from 2 s after the move on: {name}", after_move[-1], "dB", at_least=20)
        claims.value(f"false barge-ins: {name}, at {[round(t, 1) for t in false]} s", len(false))
    claims.value("bot speech", len(ROOMS) * seconds / 60, "min")
    claims.ratio("false barge-ins", n_false, at_most=0)
    claims.value("barge-ins", n_talks)
    claims.ratio("barge-ins caught", n_caught / n_talks, at_least=0.95)
    claims.value("cost of a 16 ms block", median(cost_us), "us")
    claims.finish()


if __name__ == "__main__":
    main()
