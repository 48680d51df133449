"""Devices over a fake `sounddevice`: the test plays the part of PortAudio and calls the callbacks."""

import sys
import types

import numpy as np
import pytest

from electron_local.audio import AudioFrame, devices, write_wav
from electron_local.audio.devices import Loudspeaker, Microphone, list_devices
from electron_local.audio.endpoints import AudioSink, AudioSource
from electron_local.audio.file_devices import FileMicrophone, NullLoudspeaker
from electron_local.errors import DeviceError, InvalidArgumentError, MissingDependencyError
from ramp_signal import ramp

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
