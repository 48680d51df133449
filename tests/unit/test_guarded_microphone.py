"""The echo guard between two devices: a simulated room, blocks that come late, a loudspeaker that goes away."""

import numpy as np
import pytest

from electron_local.audio.endpoints import AudioSource
from electron_local.audio.frame import AudioFrame
from electron_local.audio.guarded_microphone import GuardedMicrophone
from electron_local.audio.levels import LevelControl
from electron_local.audio.played_signal import PlayedSignal
from electron_local.audio.resampling import resample
from electron_local.errors import InvalidArgumentError

BLOCK = 320


def babble(n_samples, seed=0):
    """Noise to 4 kHz that comes and goes as syllables do."""
    rng = np.random.default_rng(seed)
    noise = resample(rng.standard_normal(n_samples // 2 + 1).astype(np.float32), 8000, 16000, "hq")[:n_samples]
    envelope = np.repeat(rng.uniform(0, 1, n_samples // 2400 + 1) ** 2, 2400)[:n_samples]
    return (0.1 * envelope * noise).astype(np.float32)


class Room:
    """A microphone that hears what the loudspeaker's callback played, 30 ms later, and a talker."""

    sample_rate = 16000

    def __init__(self, played, spoken, talker):
        self.played, self.spoken, self.talker = played, spoken, talker
        self.late = np.random.default_rng(5)
        self.n_read = self.n_put = 0
        response = np.concatenate([np.zeros(480), [0.8], 0.1 * np.random.default_rng(3).standard_normal(800)])
        response[481:] *= np.exp(-np.arange(800) / 200)
        self.echo = np.convolve(spoken, response)[: len(spoken)].astype(np.float32)
        self.at_48_khz = resample(spoken, 16000, 48000, "hq")

    def read(self):
        if self.n_read + BLOCK > len(self.spoken):
            return None
        self.n_read += BLOCK
        n_done = 3 * self.n_read + 480 - int(self.late.integers(0, 2)) * 480  # a callback may be 10 ms late
        self.played.put(self.at_48_khz[self.n_put : n_done])
        self.n_put = max(self.n_put, min(n_done, len(self.at_48_khz)))
        heard = slice(self.n_read - BLOCK, self.n_read)
        return AudioFrame(self.echo[heard] + self.talker[heard], 16000, (self.n_read - BLOCK) / 16000)

    def close(self):
        self.n_read = len(self.spoken)


def level_db(samples):
    return 10 * np.log10(np.mean(np.square(samples, dtype=np.float64)) + 1e-12)


def test_the_echo_goes_and_the_talker_stays():
    n_samples = 16000 * 12
    talker = np.where(np.arange(n_samples) > 16000 * 8, babble(n_samples, 1), 0).astype(np.float32)
    played = PlayedSignal(48000, 16000)
    room = Room(played, babble(n_samples), talker)
    quiet = LevelControl(16000, max_gain_db=0.0)
    microphone = GuardedMicrophone(room, played, control=quiet)
    assert isinstance(microphone, AudioSource)
    out = np.concatenate([frame.samples for frame in iter(microphone.read, None)])
    alone, both = slice(16000 * 4, 16000 * 8), slice(16000 * 9, 16000 * 12)
    assert level_db(room.echo[alone]) - level_db(out[alone]) > 20
    assert -4 < level_db(out[both]) - level_db(talker[both]) < 1


def test_without_a_loudspeaker_the_guard_is_left_out():
    room = Room(PlayedSignal(), babble(16000), np.zeros(16000, np.float32))
    microphone = GuardedMicrophone(room, control=LevelControl(16000, max_gain_db=0.0))
    out = np.concatenate([frame.samples for frame in iter(microphone.read, None)])
    assert level_db(out) == pytest.approx(level_db(room.echo[:16000]), abs=1)
    assert microphone.echo_reduction_db == 0.0
    microphone.close()
    assert microphone.read() is None


def test_another_rate_is_refused():
    class Wide:
        sample_rate = 48000

    with pytest.raises(InvalidArgumentError, match="48000 Hz"):
        GuardedMicrophone(Wide())


def ramp(n_samples):
    """Slow enough for the filter; the value tells the place."""
    return (np.arange(n_samples) / 1e6).astype(np.float32)


def places(taken):
    return np.round(taken * 1e6)


def test_late_blocks_do_not_shift_what_was_played():
    source, played, taken, n_put = ramp(960 * 200), PlayedSignal(48000, 16000), [], 0
    late = np.random.default_rng(0)
    for block in range(100):
        n_due = 960 * (block + 2) - int(late.integers(0, 960 * 3)) * (block > 10)
        if n_due > n_put:
            played.put(source[n_put:n_due])
            n_put = n_due
        taken.append(played.take(BLOCK))
    assert all(len(piece) == BLOCK for piece in taken)
    middles = np.array([places(piece)[BLOCK // 2] for piece in taken])
    offsets = middles - 3 * BLOCK * np.arange(100)
    punctual = np.abs(offsets - offsets[5]) < 3
    assert 50 < punctual.sum() < 100  # the others are zeros, or the edge between zeros and samples
    assert punctual[-1] or middles[-1] == 0


def test_a_loudspeaker_that_went_away_plays_nothing_and_comes_back_in_place():
    played = PlayedSignal(48000, 16000)
    for _ in range(3):
        played.put(np.ones(960, np.float32))
        played.take(BLOCK)
    silent = np.concatenate([played.take(BLOCK) for _ in range(50)])
    assert np.abs(silent[-BLOCK:]).max() < 1e-6
    for _ in range(20):
        played.put(np.ones(960, np.float32))
        last = played.take(BLOCK)
    np.testing.assert_allclose(last, 1, atol=1e-3)
    assert played.n_waiting <= 2 * 960


def test_what_was_played_long_before_the_microphone_is_dropped():
    played = PlayedSignal(48000, 16000)
    played.put(ramp(48000))
    assert places(played.take(BLOCK))[-1] > 48000 - 3 * 960 - 100
    assert played.n_waiting == 960
