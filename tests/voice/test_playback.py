"""What a loudspeaker has really played is what the history keeps."""

from __future__ import annotations

import numpy as np
import pytest
from conversation_rig import LONG, Rig

from electron_local.audio.file_devices import FileMicrophone, NullLoudspeaker
from electron_local.audio.frame import AudioFrame
from electron_local.client import Electron
from electron_local.demo.recordings import load_recordings
from electron_local.errors import DeviceError
from electron_local.voice import Session, SessionConfig
from electron_local.voice.client_events import ReportPlayback
from electron_local.voice.events import AudioDelta, ResponseCreated, ResponseDone
from electron_local.voice.live import converse
from electron_local.voice.playback import Playback

CHUNK = 1920  # 40 ms at 48 kHz


class LateLoudspeaker(NullLoudspeaker):
    """Its device holds every sample for `late_s` before it is heard."""

    def __init__(self, clock, late_s):
        super().__init__(48000, clock=clock)
        self._n_late = int(late_s * 48000)

    @property
    def position(self):
        return max(0, super().position - self._n_late)


def delta(response_id, n_samples=CHUNK):
    return AudioDelta(response_id=response_id, item_id="i", delta=AudioFrame(np.zeros(n_samples, np.float32), 48000))


def test_positions_are_counted_from_the_beginning_of_each_response():
    now = [0.0]
    playback = Playback(NullLoudspeaker(48000, clock=lambda: now[0]))
    assert [playback.write(delta("a")).n_samples for _ in range(3)] == [0, 0, 0]
    now[0] = 0.1
    assert playback.write(delta("b")) == ReportPlayback("b", 0), "the first is still heard"
    now[0] = 0.14
    assert playback.write(delta("b")) == ReportPlayback("b", 960)


def test_what_was_cleared_counts_for_nobody():
    now = [0.0]
    playback = Playback(NullLoudspeaker(48000, clock=lambda: now[0]))
    for _ in range(5):
        playback.write(delta("a"))
    now[0] = 0.05
    playback.clear()
    assert playback.write(delta("b")) == ReportPlayback("b", 0)
    now[0] = 0.07
    assert playback.write(delta("b")) == ReportPlayback("b", 960)


def test_a_loudspeaker_that_ended_says_so():
    sink = NullLoudspeaker(48000)
    playback = Playback(sink)
    sink.close()
    with pytest.raises(DeviceError, match="closed"):
        playback.write(delta("a"))


@pytest.mark.parametrize(("late_s", "heard_ms"), [(0.0, 3000), (1.0, 2000), (30.0, 0)])
def test_a_late_loudspeaker_shortens_the_history(late_s, heard_ms):
    rig = Rig([LONG], ["Stopped."], heard=["tell me more", "stop that please"])
    playback = Playback(LateLoudspeaker(lambda: rig.runtime.now_ms() / 1000, late_s))
    n_seen = 0

    def play():
        nonlocal n_seen
        for event in rig.events[n_seen:]:
            if isinstance(event, AudioDelta):
                rig.session.send(playback.write(event))
            elif isinstance(event, ResponseDone) and event.response.status == "cancelled":
                playback.clear()
        n_seen = len(rig.events)

    rig.say(600)
    while not rig.of(ResponseCreated):
        rig.quiet(20)
    for _ in range(3000 // 20):
        rig.quiet(20)
        play()
    for _ in range(45):
        rig.say(20)
        play()
    for _ in range(150):
        rig.quiet(20)
        play()
    assert rig.of(ResponseDone)[0].response.status == "cancelled"
    spoken = [text for role, text in rig.last_messages() if role == "assistant"]
    heard = spoken[0] if spoken else ""
    assert LONG.startswith(heard)
    interrupted_ms = 500  # words take that long, and the clock goes on from the last report
    assert heard_ms - 500 <= len(heard) * 50 <= heard_ms + interrupted_ms + 100


def test_a_conversation_reports_what_it_plays():
    reports = []

    class Listening(Session):
        def send(self, event):
            reports.append(event)
            super().send(event)

    with Electron() as client, Listening(client, SessionConfig(instructions="Be brief.")) as session:
        converse(session, FileMicrophone(load_recordings()[0].path), NullLoudspeaker(48000))
    assert {type(report) for report in reports} == {ReportPlayback}
    positions = [report.n_samples for report in reports]
    assert positions == sorted(positions)
    assert positions[-1] > 0


def test_what_a_handler_of_events_raises_ends_the_conversation_and_is_told():
    def break_down(event):
        raise ValueError(event.type)

    with Electron() as client, Session(client, SessionConfig(instructions="Be brief.")) as session:
        with pytest.raises(ValueError, match=r"session\.created"):
            converse(session, FileMicrophone(load_recordings()[0].path), NullLoudspeaker(48000), on_event=break_down)
        assert session.is_closed
