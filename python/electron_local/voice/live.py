"""A session between a microphone and a loudspeaker."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from electron_local.audio.endpoints import BLOCK_MS, AudioSink, AudioSource
from electron_local.voice.events import AudioDelta, ResponseDone, ServerEvent
from electron_local.voice.listener import SAMPLE_RATE
from electron_local.voice.playback import Playback
from electron_local.voice.session import Session

Samples = npt.NDArray[np.float32]

_TAIL_MS = 1000


def converse(
    session: Session,
    source: AudioSource,
    sink: AudioSink,
    *,
    on_event: Callable[[ServerEvent], None] = lambda event: None,
    on_heard: Callable[[Samples], None] = lambda samples: None,
) -> None:
    """Carry audio both ways until the source ends, then wait for the last answer and close the session.

    What a barge-in cuts off is cleared from the sink, which fades it out. The session is told what the sink has played,
    so that the history holds what was heard.

    Args:
        session: at its start; closed in the end.
        source: at 16 kHz.
        sink: at the session's output rate.
        on_event: sees every event, on a thread of its own, after its audio was queued.
        on_heard: sees every block of the source.

    Raises:
        DeviceError: the microphone or the loudspeaker stopped.
        Exception: what `on_event` or `on_heard` raised; the session is closed then too.
    """
    failures: list[Exception] = []
    player = threading.Thread(target=_play, args=(session, sink, on_event, failures), name="player")
    player.start()
    try:
        while not failures and not session.is_closed and (frame := source.read()) is not None:
            on_heard(frame.samples)
            session.push(frame.samples)
        _wait_for_answer(session, failures)
        sink.drain()
    finally:
        session.close()
        player.join()
    if failures:
        raise failures[0]


def _wait_for_answer(session: Session, failures: list[Exception]) -> None:
    """Silence at the pace of real time, until nothing is in flight."""
    n_silent_ms = 0
    while not failures and not session.is_closed and (n_silent_ms < _TAIL_MS or not session.is_idle):
        session.push(np.zeros(SAMPLE_RATE * BLOCK_MS // 1000, np.float32))
        time.sleep(BLOCK_MS / 1000)
        n_silent_ms += BLOCK_MS


def _play(
    session: Session, sink: AudioSink, on_event: Callable[[ServerEvent], None], failures: list[Exception]
) -> None:
    """Body of the player thread. What fails is reported to the reading thread; the events are read to their end."""
    playback = Playback(sink)
    for event in session.events():
        try:
            if isinstance(event, AudioDelta) and not failures:
                session.send(playback.write(event))
            elif isinstance(event, ResponseDone) and event.response.status == "cancelled":
                playback.clear()
        except Exception as error:
            failures.append(error)
        try:
            on_event(event)
        except Exception as error:
            failures.append(error)
