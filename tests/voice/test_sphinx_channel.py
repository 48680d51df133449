"""What pocketsphinx is told of microphone and room."""

from __future__ import annotations

import pytest

from electron_local.speech.sphinx_channel import TYPICAL_CHANNEL, Cepstra, Channel


def test_each_coefficient_moves_by_what_it_counts():
    heard = Channel((50.0, 4.0), (30.0, 200.0)).heard(Cepstra((20.0, 10.0), 120))
    assert heard.mean == pytest.approx((26.0, 6.25))
    assert heard.n_frames == (150.0, 320.0)


def test_what_is_long_known_moves_slowly_and_never_stops_moving():
    channel = Channel((50.0,), (30.0,))
    for _ in range(20):
        channel = channel.heard(Cepstra((40.0,), 250))
    assert channel.n_frames == (500.0,)
    moved = channel.heard(Cepstra((70.0,), 250))
    assert moved.mean[0] == pytest.approx(50.0, abs=0.1)


@pytest.mark.parametrize(("loudness", "far"), [(41.0, False), (59.0, False), (39.0, True), (61.0, True)])
def test_the_loudness_alone_tells_another_channel(loudness, far):
    typical = TYPICAL_CHANNEL.mean
    assert TYPICAL_CHANNEL.is_far_from(Cepstra((loudness, *typical[1:]), 100)) is far
    assert not TYPICAL_CHANNEL.is_far_from(Cepstra((typical[0], *(30.0 for _ in typical[1:])), 100))


def test_a_channel_in_doubt_keeps_its_mean_and_moves_sooner():
    known = TYPICAL_CHANNEL.heard(Cepstra((60.0,) * 13, 1000))
    doubted = known.doubted()
    assert doubted.mean == known.mean
    seen = Cepstra((20.0,) * 13, 100)
    assert all(new < old for new, old in zip(doubted.heard(seen).mean, known.heard(seen).mean, strict=True))
