"""A microphone that reads a file, and a loudspeaker that only keeps time."""

import pytest

from electron_local.audio import AudioFrame, write_wav
from electron_local.audio.file_devices import FileMicrophone, NullLoudspeaker
from electron_local.errors import DeviceError
from ramp_signal import ramp


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
