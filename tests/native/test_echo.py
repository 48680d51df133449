"""The echo guard and the level control, on signals made here."""

import numpy as np
import pytest

from electron_local.audio.echo import EchoGuard
from electron_local.audio.levels import LevelControl, fade_out
from electron_local.errors import InvalidArgumentError

RATE = 16000


def babble(seconds, seed):
    """Noise in syllables, with the spectrum of speech, about."""
    draw = np.random.default_rng(seed)
    noise = draw.standard_normal(int(seconds * RATE))
    coloured = np.convolve(noise, 0.9 ** np.arange(40), "same")
    syllables = np.repeat(draw.uniform(0.05, 1.0, len(noise) // 3200 + 1), 3200)[: len(noise)]
    return (0.03 * coloured * syllables).astype(np.float32)


def room(delay, seed, reverberation_s=0.2):
    draw = np.random.default_rng(seed)
    time_s = np.arange(int(reverberation_s * RATE)) / RATE
    tail = 0.05 * draw.standard_normal(len(time_s)) * 10 ** (-3 * time_s / reverberation_s)
    tail[0] = 0.7
    return np.concatenate([np.zeros(delay), tail])


def echo_of(played, response):
    n_fft = 1 << (len(played) + len(response)).bit_length()
    product = np.fft.rfft(played, n_fft) * np.fft.rfft(response, n_fft)
    return np.fft.irfft(product)[: len(played)].astype(np.float32)


def level_db(samples):
    return 10 * np.log10(np.mean(np.square(samples, dtype=np.float64)) + 1e-20)


def test_nothing_played_passes_unchanged():
    guard = EchoGuard()
    heard = babble(2, 1)
    out = guard.process(heard, np.zeros_like(heard))
    np.testing.assert_allclose(out[guard.delay :], heard[: -guard.delay], atol=1e-6)
    assert not guard.converged


@pytest.mark.parametrize("delay", [0, 300, 2000, 5000])
def test_echo_is_gone_after_two_seconds_and_the_talker_is_not(delay):
    played = babble(8, 2)
    echo = echo_of(played, room(delay, 3))
    guard = EchoGuard()
    out = guard.process(echo, played)
    assert level_db(echo[4 * RATE :]) - level_db(out[4 * RATE :]) > 30
    assert guard.converged
    assert guard.echo_reduction_db > 20
    assert guard.echo_delay <= delay

    talker = np.zeros_like(played)
    talker[5 * RATE : 7 * RATE] = babble(2, 4)
    guard = EchoGuard()
    out = guard.process(echo + talker, played)[guard.delay :]
    assert level_db(out[5 * RATE : 7 * RATE]) > level_db(talker[5 * RATE : 7 * RATE]) - 8
    assert level_db(out[5 * RATE : 7 * RATE]) > level_db(out[3 * RATE : 5 * RATE]) + 15


def test_the_room_is_learnt_again_after_a_move():
    played = babble(12, 5)
    half = len(played) // 2
    before, after = echo_of(played, room(300, 6)), echo_of(played, room(380, 7))
    echo = np.concatenate([before[:half], after[half:]])
    out = EchoGuard().process(echo, played)
    behind = half + 2 * RATE
    assert level_db(echo[behind:]) - level_db(out[behind:]) > 20


def test_a_move_is_known_within_a_tenth_of_a_second():
    played = babble(6, 5)
    half = len(played) // 2
    before, after = echo_of(played, room(300, 6)), echo_of(played, room(380, 7))
    guard = EchoGuard()
    guard.process(before[:half], played[:half])
    assert guard.converged
    known_at = half + RATE // 10
    guard.process(after[half:known_at], played[half:known_at])
    assert not guard.converged


def test_a_hum_over_the_echo_is_no_voice():
    played = babble(8, 2)
    played[6 * RATE :] = 0
    echo = echo_of(played, room(300, 3))
    hum = (0.05 * np.sin(2 * np.pi * 150 * np.arange(len(played)) / RATE)).astype(np.float32)
    hum[: 4 * RATE] = 0
    guard = EchoGuard()
    out = guard.process(echo + hum, played)[guard.delay :]
    over, alone = slice(4 * RATE + RATE // 2, 6 * RATE), slice(7 * RATE, len(out))
    assert level_db(out[over]) < level_db(hum[over]) - 15
    assert level_db(out[alone]) > level_db(hum[alone]) - 1


def test_until_the_room_is_known_all_is_turned_down():
    played = babble(1, 8)
    echo = echo_of(played, room(300, 9))
    guard = EchoGuard()
    out = guard.process(echo, played)
    assert level_db(echo[: RATE // 2]) - level_db(out[: RATE // 2]) > 20


@pytest.mark.parametrize("n_piece", [1, 160, 256, 320, 5000])
def test_any_chunking_of_the_guard_equals_one_shot(n_piece):
    played = babble(0.5, 10)
    heard = echo_of(played, room(300, 11))
    expected = EchoGuard().process(heard, played)
    guard = EchoGuard()
    pieces = [
        guard.process(heard[start : start + n_piece], played[start : start + n_piece])
        for start in range(0, len(heard), n_piece)
    ]
    np.testing.assert_array_equal(np.concatenate(pieces), expected)


def test_reset_forgets_the_room():
    played = babble(1, 12)
    heard = echo_of(played, room(300, 13))
    guard = EchoGuard()
    first = guard.process(heard, played)
    guard.reset()
    np.testing.assert_array_equal(guard.process(heard, played), first)


def test_guard_refuses_bad_input_and_goes_on():
    guard = EchoGuard()
    good = babble(0.1, 14)
    with pytest.raises(InvalidArgumentError, match="as long as each other, got 1600 and 1599"):
        guard.process(good, good[1:])
    with pytest.raises(InvalidArgumentError, match=r"played must be finite and within \+-8, got nan at index 3"):
        guard.process(good, np.where(np.arange(1600) == 3, np.nan, good).astype(np.float32))
    with pytest.raises(InvalidArgumentError, match="microphone must be an array of float32, got float64"):
        guard.process(good.astype(np.float64), good)
    with pytest.raises(InvalidArgumentError, match="played must have 1 dimension, got 2"):
        guard.process(good, good.reshape(2, -1))
    np.testing.assert_array_equal(guard.process(good, good), EchoGuard().process(good, good))
    assert len(guard.process(good[:0], good[:0])) == 0


def test_level_control_finds_the_target_and_takes_the_offset():
    quiet = 0.01 * np.sin(2 * np.pi * 300 / RATE * np.arange(10 * RATE)) + 0.1
    control = LevelControl(RATE)
    out = control.process(quiet.astype(np.float32))
    assert level_db(out[-RATE:]) == pytest.approx(-23, abs=1.5)
    assert abs(out[-RATE:].mean()) < 1e-4
    assert control.gain_db == pytest.approx(-23 - level_db(quiet[-RATE:] - 0.1), abs=1.5)
    control.reset()
    assert control.gain_db == 0


def test_level_control_never_passes_the_ceiling_and_rests_in_silence():
    control = LevelControl(RATE, max_gain_db=40)
    control.process((0.005 * np.sin(np.arange(8 * RATE) / 10)).astype(np.float32))
    gain_db = control.gain_db
    assert gain_db > 20
    control.process(np.zeros(5 * RATE, np.float32))
    assert gain_db <= control.gain_db < gain_db + 6  # it rests once the level has fallen below the gate
    loud = control.process(np.sign(np.sin(np.arange(RATE) / 20)).astype(np.float32) * 8)
    assert np.abs(loud).max() <= 10 ** (-1 / 20) + 1e-6


@pytest.mark.parametrize("n_piece", [1, 77, 320])
def test_any_chunking_of_the_level_control_equals_one_shot(n_piece):
    samples = babble(0.3, 15)
    expected = LevelControl(RATE).process(samples)
    control = LevelControl(RATE)
    pieces = [control.process(samples[start : start + n_piece]) for start in range(0, len(samples), n_piece)]
    np.testing.assert_array_equal(np.concatenate(pieces), expected)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sample_rate": 3999}, "sample_rate must lie between"),
        ({"target_db": 0.0}, "target_db must lie between"),
        ({"max_gain_db": -1.0}, "max_gain_db must lie between"),
        ({"ceiling_db": float("nan")}, "ceiling_db must lie between"),
    ],
)
def test_level_options_are_checked(options, message):
    with pytest.raises(InvalidArgumentError, match=message):
        LevelControl(**options)


def test_level_control_refuses_what_is_not_finite():
    with pytest.raises(InvalidArgumentError, match="samples must be finite"):
        LevelControl().process(np.array([0.0, np.inf], np.float32))


def test_fade_ends_in_silence_without_a_step():
    tone = np.ones(960, np.float32)
    faded = fade_out(tone, 48000)
    assert len(faded) == 240
    assert faded[0] > 0.999
    assert faded[-1] < 0.001
    assert np.abs(np.diff(faded)).max() < 0.01
    assert len(fade_out(tone[:7], 48000)) == 7
    assert len(fade_out(tone[:0], 48000)) == 0
    with pytest.raises(InvalidArgumentError, match="must be positive"):
        fade_out(tone, 0)


def test_digital_silence_behind_sound_becomes_zero():
    control = LevelControl(RATE)
    control.process(np.random.default_rng(3).uniform(-0.5, 0.5, RATE).astype(np.float32))
    silence = np.zeros(RATE, np.float32)
    quiet = [control.process(silence) for _ in range(3)]
    assert not quiet[-1].any()
