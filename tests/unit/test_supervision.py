"""Devices that vanish and come back, in virtual time."""

from types import SimpleNamespace

import numpy as np
import pytest

from electron_local.audio.endpoints import AudioSink, AudioSource
from electron_local.audio.file_devices import NullLoudspeaker
from electron_local.audio.frame import AudioFrame
from electron_local.audio.supervision import BackOff, SupervisedLoudspeaker, SupervisedMicrophone
from electron_local.errors import DeviceError, InvalidArgumentError


@pytest.fixture
def now():
    """Seconds; sleeping moves them."""
    now = SimpleNamespace(s=50.0)
    now.clock = lambda: now.s
    now.sleep = lambda seconds: setattr(now, "s", now.s + seconds)
    return now


class Plug:
    """A device that is there in some spans of time only."""

    def __init__(self, now, absent):
        self.now, self.absent, self.n_trials = now, absent, 0

    @property
    def is_there(self):
        return not any(start <= self.now.s < end for start, end in self.absent)

    def microphone(self):
        self.n_trials += 1
        if not self.is_there:
            raise DeviceError("no such device")
        return PluggedMicrophone(self)

    def loudspeaker(self):
        self.n_trials += 1
        if not self.is_there:
            raise DeviceError("no such device")
        return PluggedLoudspeaker(self)


class PluggedMicrophone:
    sample_rate = 16000

    def __init__(self, plug):
        self.plug, self.is_closed = plug, False

    def read(self):
        if self.is_closed:
            return None
        if not self.plug.is_there:
            raise DeviceError("the microphone stopped")
        self.plug.now.sleep(0.02)
        return AudioFrame(np.ones(320, np.float32), 16000, 0.0)

    def close(self):
        self.is_closed = True


class PluggedLoudspeaker(NullLoudspeaker):
    def __init__(self, plug):
        super().__init__(16000, clock=plug.now.clock, sleep=plug.now.sleep)
        self.plug = plug

    def write(self, samples):
        if not self.plug.is_there:
            raise DeviceError("the loudspeaker has stopped")
        super().write(samples)


def test_protocols_are_fulfilled(now):
    plug = Plug(now, [])
    assert isinstance(SupervisedMicrophone(plug.microphone), AudioSource)
    assert isinstance(SupervisedLoudspeaker(plug.loudspeaker), AudioSink)


def test_waits_double_up_to_five_seconds(now):
    back_off = BackOff(now.clock)
    assert [back_off.fail() for _ in range(7)] == [0.25, 0.5, 1.0, 2.0, 4.0, 5.0, 5.0]


def test_microphone_is_silent_while_away_and_comes_back(now):
    plug = Plug(now, [(51.0, 53.0)])
    microphone = SupervisedMicrophone(plug.microphone, clock=now.clock, sleep=now.sleep)
    frames = [microphone.read() for _ in range(300)]
    assert [frame.timestamp for frame in frames] == pytest.approx([0.02 * i for i in range(300)])
    loud = np.array([frame.samples[0] for frame in frames])
    away = np.flatnonzero(loud == 0)
    assert 0.95 < away[0] * 0.02 < 1.05
    assert np.all(np.diff(away) == 1)
    assert 2.0 <= len(away) * 0.02 <= 2.0 + 2.0  # at most one wait too long
    assert microphone.n_reopened == 1
    assert plug.n_trials <= 8


def test_microphone_absent_at_the_start_says_so(now):
    with pytest.raises(DeviceError, match="no such device"):
        SupervisedMicrophone(Plug(now, [(0.0, 99.0)]).microphone)


def test_microphone_ends_after_close_even_while_away(now):
    microphone = SupervisedMicrophone(Plug(now, [(50.5, 99.0)]).microphone, clock=now.clock, sleep=now.sleep)
    while microphone.read().samples[0] == 1:
        pass
    microphone.close()
    microphone.close()
    assert microphone.read() is None


def test_loudspeaker_counts_on_while_away_and_comes_back(now):
    plug = Plug(now, [(51.0, 52.0)])
    loudspeaker = SupervisedLoudspeaker(plug.loudspeaker, clock=now.clock, sleep=now.sleep)
    n_written, last = 0, 0
    for _ in range(200):
        loudspeaker.write(np.ones(320, np.float32))
        n_written += 320
        assert last <= loudspeaker.position <= n_written
        last = loudspeaker.position
        now.sleep(0.02)
    assert loudspeaker.n_reopened == 1
    loudspeaker.drain()
    assert loudspeaker.position == n_written


def test_cleared_samples_are_not_counted(now):
    plug = Plug(now, [(50.05, 99.0)])
    loudspeaker = SupervisedLoudspeaker(plug.loudspeaker, clock=now.clock, sleep=now.sleep)
    loudspeaker.write(np.ones(1600, np.float32))
    now.sleep(0.06)
    loudspeaker.write(np.ones(1600, np.float32))
    assert loudspeaker.position + loudspeaker.n_queued == 3200
    n_dropped = loudspeaker.clear()
    loudspeaker.drain()
    assert loudspeaker.position == 3200 - n_dropped


def test_loudspeaker_after_close(now):
    loudspeaker = SupervisedLoudspeaker(Plug(now, []).loudspeaker)
    loudspeaker.close()
    loudspeaker.close()
    with pytest.raises(DeviceError, match="is closed; 3 samples"):
        loudspeaker.write(np.ones(3, np.float32))
    with pytest.raises(InvalidArgumentError, match="1-D float32"):
        loudspeaker.write(np.ones(3))


class FailingLoudspeaker(NullLoudspeaker):
    """Takes no samples, or plays a quarter of the first ones before it fails."""

    def __init__(self, now, n_parts=0):
        super().__init__(16000, clock=now.clock, sleep=now.sleep)
        self.n_parts = n_parts
        self.n_heard = 0

    @property
    def position(self):
        return self.n_heard

    def write(self, samples):
        self.n_heard = len(samples) // self.n_parts if self.n_parts else 0
        raise DeviceError("the loudspeaker has stopped")


def test_a_loudspeaker_that_comes_back_only_to_fail_is_tried_later_and_later(now):
    opened_at = []

    def open_device():
        opened_at.append(now.s)
        return FailingLoudspeaker(now)

    loudspeaker = SupervisedLoudspeaker(open_device, clock=now.clock, sleep=now.sleep)
    for _ in range(400):
        loudspeaker.write(np.zeros(1600, np.float32))
        now.sleep(0.1)
    assert 6 < len(opened_at) < 16, "40 s"
    loudspeaker.drain()
    assert loudspeaker.position == 400 * 1600


def test_what_was_heard_of_a_piece_before_the_device_failed_counts_once(now):
    devices = iter([FailingLoudspeaker(now, n_parts=4), NullLoudspeaker(16000, clock=now.clock, sleep=now.sleep)])
    loudspeaker = SupervisedLoudspeaker(lambda: next(devices), clock=now.clock, sleep=now.sleep)
    loudspeaker.write(np.zeros(4000, np.float32))
    assert loudspeaker.position == 1000
    loudspeaker.drain()
    assert loudspeaker.position == 4000
