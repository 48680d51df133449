"""The ring between a device's callback and a reader or writer: order, closing, giving up, a fade."""

import numpy as np

from electron_local.audio.sample_ring import SampleRing
from ramp_signal import ramp


def test_a_ring_that_nobody_takes_from_is_given_up():
    ring = SampleRing(8)
    assert ring.put_all(ramp(20), 0.01) == 8


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
