"""Audio let out at the pace at which it is heard."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from electron_local.voice.pacing import Pacer

RATE = 1000


def pacer(n_samples: int = 0) -> Pacer:
    made = Pacer(RATE, lead_ms=300, chunk_ms=40)
    made.add(np.arange(n_samples, dtype=np.float32))
    return made


def test_the_lead_goes_at_once_and_the_rest_in_real_time():
    audio = pacer(1000)
    assert sum(map(len, audio.take(5000))) == 280
    assert audio.next_ms == 5020
    assert audio.take(5019.9) == []
    assert len(audio.take(5020)) == 1


def test_nothing_was_played_before_the_first_chunk():
    audio = pacer(100)
    assert (audio.played_samples(1e6), audio.played_out_ms) == (0, None)
    audio.take(0)
    assert (audio.played_samples(50), audio.played_samples(1e6), audio.played_out_ms) == (50, 100, 100)


def test_after_a_gap_the_lead_starts_anew():
    audio = pacer(100)
    audio.take(0)
    audio.add(np.zeros(1000, np.float32))
    assert sum(map(len, audio.take(2000))) == 280
    assert audio.played_samples(2000) == 100
    assert audio.played_samples(2100) == 200


def test_it_is_drained_when_complete_and_empty():
    audio = pacer()
    assert not audio.is_drained
    audio.complete()
    assert audio.is_drained
    assert audio.next_ms is None


@given(st.lists(st.tuples(st.integers(0, 500), st.integers(0, 400)), max_size=30))
def test_samples_come_out_once_in_order_and_never_too_early(script):
    audio, now_ms, n_added, out = pacer(), 0.0, 0, []
    first_ms = None
    for n_samples, pause_ms in script:
        audio.add(np.arange(n_added, n_added + n_samples, dtype=np.float32))
        n_added += n_samples
        now_ms += pause_ms
        for chunk in audio.take(now_ms):
            first_ms = now_ms if first_ms is None else first_ms
            out += chunk.tolist()
        if first_ms is not None:
            assert len(out) <= now_ms - first_ms + 300 + 1e-6
    while (next_ms := audio.next_ms) is not None:
        now_ms = max(now_ms, next_ms)
        out += [sample for chunk in audio.take(now_ms) for sample in chunk.tolist()]
    assert out == list(range(n_added))


def test_a_device_that_reports_its_position_is_believed():
    audio = pacer(1000)
    audio.take(0)
    assert audio.played_samples(200) == 200
    audio.report_played(50, 200)
    assert (audio.played_samples(200), audio.played_samples(260), audio.played_samples(9000)) == (50, 110, 280)
    audio.report_played(270, 210)
    assert audio.played_samples(215) == 275
    assert audio.next_ms == 20, "the pace is still that of real time"
