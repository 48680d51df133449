"""The segmenter, on made probabilities: where speech starts and stops, and what is left out."""

from __future__ import annotations

import math
import random

import pytest

from electron_local import _core

HOP = 512
HIGH, MIDDLE, LOW = 0.9, 0.4, 0.1


def run_segmenter(probabilities, *, last_hop=HOP, **options):
    segmenter = _core.Segmenter(_core.SegmenterOptions(**options))
    hops = [HOP] * (len(probabilities) - 1) + [last_hop]
    events = [event for p, n in zip(probabilities, hops, strict=True) for event in segmenter.push(p, n)]
    return events, segmenter.flush()


def test_start_and_stop_at_the_hops_that_crossed_the_thresholds():
    script = [LOW] * 10 + [HIGH] * 20 + [LOW] * 20
    events, rest = run_segmenter(script, min_speech_ms=96, min_silence_ms=200, padding_ms=0)
    assert events == [(True, 10 * HOP), (False, 30 * HOP)]
    assert rest == []


def test_start_is_reported_after_min_speech_and_stop_after_min_silence():
    segmenter = _core.Segmenter(_core.SegmenterOptions(min_speech_ms=96, min_silence_ms=96, padding_ms=0))
    assert [len(segmenter.push(HIGH)) for _ in range(4)] == [0, 0, 1, 0]
    assert segmenter.speaking
    assert [len(segmenter.push(LOW)) for _ in range(4)] == [0, 0, 1, 0]
    assert not segmenter.speaking


def test_short_blips_are_dropped():
    events, rest = run_segmenter([LOW] * 5 + [HIGH] * 2 + [LOW] * 30, min_speech_ms=96, min_silence_ms=200)
    assert events + rest == []


def test_a_probability_between_the_thresholds_neither_starts_nor_stops():
    assert run_segmenter([MIDDLE] * 50) == ([], [])
    events, rest = run_segmenter([HIGH] * 5 + [MIDDLE] * 50 + [HIGH], padding_ms=0)
    assert events + rest == [(True, 0), (False, 56 * HOP)]


def test_short_pauses_are_bridged():
    script = [HIGH] * 10 + [LOW] * 3 + [HIGH] * 10 + [LOW] * 20
    events, _ = run_segmenter(script, min_silence_ms=200, padding_ms=0)
    assert events == [(True, 0), (False, 23 * HOP)]


def test_padding_ends_at_the_stream_and_at_the_neighbour():
    script = [HIGH] * 5 + [LOW] * 4 + [HIGH] * 5 + [LOW] * 4
    events, rest = run_segmenter(script, min_speech_ms=0, min_silence_ms=100, padding_ms=100)
    assert events == [(True, 0), (False, 5 * HOP + 1600), (True, 5 * HOP + 1600), (False, 14 * HOP + 1600)]
    assert rest == []


def test_greatest_length_cuts_and_goes_on():
    events, rest = run_segmenter([HIGH] * 100, min_speech_ms=96, padding_ms=0, max_speech_s=1.0)
    every = events + rest
    assert every[:4] == [(True, 0), (False, 16000), (True, 16000), (False, 32000)]
    assert every[-1] == (False, 100 * HOP)


def test_flush_closes_open_speech_at_the_last_sample_or_at_its_pause():
    assert run_segmenter([HIGH] * 10, last_hop=100)[1] == [(False, 9 * HOP + 100)]
    assert run_segmenter([HIGH] * 10 + [LOW] * 2, padding_ms=0)[1] == [(False, 10 * HOP)]
    assert run_segmenter([HIGH] * 2)[1] == []


@pytest.mark.parametrize("seed", range(20))
def test_segments_are_ordered_and_bounded_for_any_probabilities(seed):
    choice = random.Random(seed)
    options = {
        "min_speech_ms": choice.choice([0, 96, 250]),
        "min_silence_ms": choice.choice([0, 100, 300]),
        "padding_ms": choice.choice([0, 30, 400]),
        "max_speech_s": choice.choice([1.0, 2.5, math.inf]),
    }
    script = [choice.choice([HIGH, HIGH, MIDDLE, LOW]) for _ in range(500)]
    events, rest = run_segmenter(script, last_hop=choice.randint(1, HOP), **options)
    every = events + rest
    assert [is_start for is_start, _ in every] == [True, False] * (len(every) // 2)
    samples = [sample for _, sample in every]
    assert samples == sorted(samples)
    assert all(0 < b - a <= options["max_speech_s"] * 16000 for a, b in zip(samples[::2], samples[1::2], strict=True))
    assert all(0 <= sample <= 500 * HOP for sample in samples)
