"""Devices over a fake `sounddevice`: the test plays the part of PortAudio and calls the callbacks."""

import sys
import types

import numpy as np
import pytest

from electron_local.audio import AudioFrame, devices, write_wav
from electron_local.audio.devices import Loudspeaker, Microphone, list_devices
from electron_local.audio.endpoints import AudioSink, AudioSource
from electron_local.audio.file_devices import FileMicrophone, NullLoudspeaker
from electron_local.audio.sample_ring import SampleRing
from electron_local.errors import DeviceError, InvalidArgumentError, MissingDependencyError

DEVICES = [
    {"index": 0, "name": "Mic", "max_input_channels": 2, "max_output_channels": 0, "default_samplerate": 48000.0},
    {"index": 1, "name": "Horn", "max_input_channels": 0, "max_output_channels": 2, "default_samplerate": 44100.0},
]


class PortAudioError(Exception):
    pass


class FakeStream:
    latency = 0.01

    def __init__(self, **options):
        if options["device"] not in (None, "Mic", "Horn"):
            raise ValueError(f"No input device matching {options['device']!r}")
        if options["samplerate"] == 12345:
            raise PortAudioError("Invalid sample rate")
        self.options = options
        self.started = False
        self.closed = False

    def start(self):
        self.started = True

    def close(self):
        if not self.closed:
            self.closed = True
            self.options["finished_callback"]()

    def deliver(self, samples):
        self.options["callback"](samples.reshape(-1, 1), len(samples), None, None)

    def fetch(self, n_samples):
        out = np.full((n_samples, 1), 9.0, np.float32)
        self.options["callback"](out, n_samples, None, None)
        return out[:, 0]


@pytest.fixture
def sounddevice(monkeypatch):
    fake = types.ModuleType("sounddevice")
    fake.PortAudioError = PortAudioError
    fake.query_devices = lambda: DEVICES
    fake.InputStream = fake.OutputStream = FakeStream
    monkeypatch.setitem(sys.modules, "sounddevice", fake)
    return fake


@pytest.fixture
def clock(monkeypatch):
    """The time that the loudspeaker sees, in seconds; sleeping moves it."""
    now = types.SimpleNamespace(s=100.0)
    monkeypatch.setattr(devices.time, "monotonic", lambda: now.s)
    return now


def ramp(n_samples, start=0):
    return np.arange(start, start + n_samples, dtype=np.float32) / 32768


def test_list_devices(sounddevice):
    mic, horn = list_devices()
    assert (mic.name, mic.n_input_channels, mic.n_output_channels, mic.sample_rate) == ("Mic", 2, 0, 48000)
    assert (horn.index, horn.name) == (1, "Horn")


@pytest.mark.usefixtures("sounddevice")
def test_protocols_are_fulfilled(tmp_path):
    path = tmp_path / "a.wav"
    write_wav(path, AudioFrame(ramp(10), 16000))
    assert isinstance(Microphone(), AudioSource)
    assert isinstance(FileMicrophone(path), AudioSource)
    assert isinstance(Loudspeaker(), AudioSink)
    assert isinstance(NullLoudspeaker(), AudioSink)


@pytest.mark.usefixtures("sounddevice")
def test_microphone_cuts_what_arrives_into_blocks():
    microphone = Microphone(16000, device="Mic")
    assert microphone._stream.started
    microphone._stream.deliver(ramp(500))
    microphone._stream.deliver(ramp(140, start=500))
    first, second = microphone.read(), microphone.read()
    np.testing.assert_array_equal(np.concatenate([first.samples, second.samples]), ramp(640))
    assert (first.timestamp, second.timestamp, first.sample_rate) == (0.0, 0.02, 16000)


@pytest.mark.usefixtures("sounddevice")
def test_microphone_counts_what_nobody_read():
    microphone = Microphone(16000)
    microphone._stream.deliver(ramp(160_000))
    microphone._stream.deliver(ramp(100))
    assert microphone.n_overrun_samples == 100


@pytest.mark.usefixtures("sounddevice")
def test_microphone_ends_after_close():
    with Microphone() as microphone:
        pass
    microphone.close()
    assert microphone.read() is None


@pytest.mark.usefixtures("sounddevice")
def test_microphone_that_stops_or_falls_silent(monkeypatch):
    microphone = Microphone(16000)
    monkeypatch.setattr(devices, "_SILENT_DEVICE_S", 0.0)
    with pytest.raises(DeviceError, match=r"gave no samples for 0 s after 0\.0 s"):
        microphone.read()
    microphone._stream.deliver(ramp(320))
    microphone.read()
    microphone._stream.options["finished_callback"]()
    with pytest.raises(DeviceError, match=r"the microphone stopped after 0\.0 s"):
        microphone.read()


@pytest.mark.usefixtures("sounddevice")
def test_loudspeaker_plays_then_pads_with_silence():
    loudspeaker = Loudspeaker(48000)
    loudspeaker.write(ramp(700, start=1))
    np.testing.assert_array_equal(loudspeaker._stream.fetch(480), ramp(480, start=1))
    assert loudspeaker.n_queued == 220
    tail = loudspeaker._stream.fetch(480)
    np.testing.assert_array_equal(tail, np.concatenate([ramp(220, start=481), np.zeros(260, np.float32)]))


@pytest.mark.usefixtures("sounddevice")
def test_position_is_what_was_heard(clock):
    loudspeaker = Loudspeaker(48000)
    assert loudspeaker.position == 0
    loudspeaker.write(ramp(960))
    loudspeaker._stream.fetch(960)
    assert loudspeaker.position == 480  # 10 ms of latency still hold 480 samples
    clock.s += 0.005
    assert loudspeaker.position == 720
    clock.s += 1.0
    loudspeaker._stream.fetch(480)
    assert loudspeaker.position == 960


@pytest.mark.usefixtures("sounddevice")
def test_clear_drops_what_is_queued_but_a_fade_of_5_ms(clock):
    loudspeaker = Loudspeaker(48000)
    loudspeaker.write(np.ones(2000, np.float32))
    loudspeaker._stream.fetch(480)
    assert loudspeaker.clear() == 1280
    faded = loudspeaker._stream.fetch(480)
    assert np.all(np.diff(faded[:240]) < 0)
    assert faded[0] > 0.999
    assert faded[239] < 0.001
    assert not faded[240:].any()
    clock.s += 1.0
    assert loudspeaker.position == 720
    loudspeaker.write(ramp(10))
    loudspeaker._stream.fetch(480)
    clock.s += 1.0
    assert loudspeaker.position == 730
    assert loudspeaker.clear() == 0


@pytest.mark.usefixtures("sounddevice")
def test_drain_waits_until_all_is_heard(clock, monkeypatch):
    loudspeaker = Loudspeaker(48000)
    loudspeaker.write(ramp(2000))

    def sleep(seconds):
        clock.s += seconds
        loudspeaker._stream.fetch(round(48000 * seconds))

    monkeypatch.setattr(devices.time, "sleep", sleep)
    loudspeaker.drain()
    assert loudspeaker.position == 2000


@pytest.mark.usefixtures("sounddevice")
def test_writing_to_a_loudspeaker_that_stopped():
    loudspeaker = Loudspeaker()
    loudspeaker._stream.options["finished_callback"]()
    with pytest.raises(DeviceError, match="the loudspeaker has stopped; 5 samples were not played"):
        loudspeaker.write(ramp(5))
    loudspeaker.drain()


@pytest.mark.usefixtures("sounddevice")
def test_a_loudspeaker_that_takes_nothing_is_given_up(clock):
    loudspeaker = Loudspeaker(16000)
    loudspeaker.write(ramp(1000))
    loudspeaker._stream.fetch(80)
    clock.s += 2.1
    loudspeaker.drain()
    with pytest.raises(DeviceError, match="the loudspeaker took no samples for 2 s; 5 samples were not played"):
        loudspeaker.write(ramp(5))
    loudspeaker._stream.fetch(80)  # it has come back
    loudspeaker.write(ramp(5))


def test_a_ring_that_nobody_takes_from_is_given_up():
    ring = SampleRing(8)
    assert ring.put_all(ramp(20), 0.01) == 8


@pytest.mark.usefixtures("sounddevice")
@pytest.mark.parametrize("make", [Microphone, Loudspeaker])
def test_unknown_device_names_those_that_exist(make):
    with pytest.raises(DeviceError, match=r"cannot open device 'Nope' at 16000 Hz: .*; devices: 'Mic', 'Horn'"):
        make(16000, device="Nope")


def test_no_device_at_all(sounddevice):
    sounddevice.query_devices = list
    with pytest.raises(
        DeviceError, match="cannot open the default device at 12345 Hz: Invalid sample rate; devices: none"
    ):
        Microphone(12345)


def test_sounddevice_is_not_installed(monkeypatch):
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'electron-local\[voice\]'"):
        list_devices()


def test_portaudio_is_missing(monkeypatch, tmp_path):
    (tmp_path / "sounddevice.py").write_text("raise OSError('PortAudio library not found')")
    monkeypatch.delitem(sys.modules, "sounddevice", raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    for use in (list_devices, Microphone, Loudspeaker):
        with pytest.raises(DeviceError, match=r"need the PortAudio library.*PortAudio library not found"):
            use()


def test_bad_arguments(sounddevice):
    with pytest.raises(InvalidArgumentError, match="sample_rate must be at least 1, got 0"):
        Microphone(0)
    for loudspeaker in (Loudspeaker(), NullLoudspeaker()):
        for bad in (np.zeros(3), np.zeros((2, 2), np.float32), [0.0]):
            with pytest.raises(InvalidArgumentError, match="samples must be a 1-D float32 array, got"):
                loudspeaker.write(bad)


def test_file_microphone_is_paced(tmp_path):
    path = tmp_path / "a.wav"
    write_wav(path, AudioFrame(ramp(1600), 16000))
    now, slept = [5.0], []

    def sleep(seconds):
        slept.append(round(seconds, 6))
        now[0] += seconds

    microphone = FileMicrophone(path, clock=lambda: now[0], sleep=sleep)
    microphone.read()
    now[0] += 0.015
    microphone.read()
    now[0] += 0.05
    microphone.read()
    assert slept == [0.02, 0.005]
    microphone.close()
    assert microphone.read() is None


def test_file_microphone_converts(tmp_path):
    path = tmp_path / "a.wav"
    write_wav(path, AudioFrame(ramp(4410), 44100))
    blocks = list(iter(FileMicrophone(path, 16000, is_paced=False).read, None))
    assert [len(block.samples) for block in blocks] == [320] * 5
    assert [round(block.timestamp, 6) for block in blocks] == [0.0, 0.02, 0.04, 0.06, 0.08]


def test_null_loudspeaker_keeps_time():
    now = [0.0]
    loudspeaker = NullLoudspeaker(48000, clock=lambda: now[0], sleep=lambda s: now.__setitem__(0, now[0] + s))
    now[0] = 50.0
    loudspeaker.write(ramp(480))
    loudspeaker.write(ramp(480))
    for _ in range(10):
        now[0] += 0.001
        loudspeaker.position  # noqa: B018
    assert (loudspeaker.position, loudspeaker.n_queued) == (480, 480)
    loudspeaker.drain()
    assert loudspeaker.position == 960
    loudspeaker.close()
    with pytest.raises(DeviceError, match="the loudspeaker is closed"):
        loudspeaker.write(ramp(1))


def test_ring_against_a_list():
    draw = np.random.default_rng(0)
    ring, model, n_put = SampleRing(50), [], 0
    for _ in range(2000):
        samples = ramp(draw.integers(0, 70), start=n_put)
        n_samples = ring.put(samples)
        assert n_samples == min(len(samples), 50 - len(model))
        model += samples[:n_samples].tolist()
        n_put += n_samples
        out = np.empty(draw.integers(0, 70), np.float32)
        n_samples = ring.take(out)
        assert out[:n_samples].tolist() == model[:n_samples]
        del model[:n_samples]
        if draw.integers(0, 20) == 0:
            assert ring.clear() == len(model)
            model = []
        assert len(ring) == len(model)


def test_ring_hands_a_long_array_through_a_small_ring():
    from threading import Thread

    ring, samples, got = SampleRing(7), ramp(1000), []
    writer = Thread(target=ring.put_all, args=(samples, 30.0))
    writer.start()
    while len(got) < 1000:
        out = np.empty(5, np.float32)
        n_samples = ring.take_all(out, 10.0)
        got += out[:n_samples].tolist()
    writer.join()
    np.testing.assert_array_equal(np.array(got, np.float32), samples)


def test_closing_a_ring_wakes_a_writer():
    from threading import Thread

    ring = SampleRing(4)
    writer = Thread(target=ring.put_all, args=(ramp(100), 30.0))
    writer.start()
    ring.close()
    writer.join(10.0)
    assert not writer.is_alive()
    assert ring.put(ramp(3)) == 0


def test_a_fade_runs_across_the_end_of_the_ring():
    ring = SampleRing(10)
    ring.put(ramp(8))
    ring.take(np.empty(7, np.float32))
    ring.put(np.full(8, 2.0, np.float32))
    assert ring.clear(np.linspace(0.5, 0.1, 5, dtype=np.float32)) == 4
    out = np.empty(9, np.float32)
    assert ring.take(out) == 5
    expected = np.concatenate([ramp(1, start=7), np.full(4, 2.0)]) * np.linspace(0.5, 0.1, 5)
    np.testing.assert_allclose(out[:5], expected, rtol=1e-6)
