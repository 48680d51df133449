"""Reports of `electron-local bench`: written, read, set side by side."""

from __future__ import annotations

import json

import pytest

from electron_local.engine import SamplingParams
from electron_local.errors import ContextLengthExceededError, InvalidArgumentError
from electron_local.measure.comparison import change_rows, changes, differences
from electron_local.measure.report import Measurement, Report, measurement_rows, read_report, table
from electron_local.measure.streams import timed_together
from fakes import FakeEngine

FACTS = {
    "machine": {"cpu": "Test", "usable cpus": 2},
    "model": {"file": "m.gguf"},
    "settings": {"n_threads": 2},
    "plan": {"depths": (128, 512)},
}


def decode(*values):
    return Measurement("decode", 512, "tokens/s", values, higher_is_better=True)


def first(*values):
    return Measurement("cold first token", 128, "ms", values)


def report(*measurements, **settings):
    return Report({**FACTS, "settings": {**FACTS["settings"], **settings}}, measurements)


def test_a_report_survives_its_file(tmp_path):
    path = tmp_path / "report.json"
    written = report(decode(50.0, 48.5, 52.25), first(12.0), Measurement("load", None, "ms", (60.0,)))
    path.write_text(written.to_json(), encoding="utf-8")
    read = read_report(path)
    assert read.measurements == written.measurements
    assert differences(read, written) == []
    assert read.group("decode")[0].median == 50.0


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '"x"', '{"format": 1}', '{"format": 1, "measurements": [{"group": "decode"}]}']
)
def test_another_file_is_no_report(tmp_path, text):
    path = tmp_path / "other.json"
    path.write_text(text)
    with pytest.raises(InvalidArgumentError, match=r"other\.json: not a report"):
        read_report(path)


def test_a_later_format_is_refused(tmp_path):
    path = tmp_path / "report.json"
    path.write_text(json.dumps({"format": 2, "measurements": []}))
    with pytest.raises(InvalidArgumentError, match="format 2; this version reads format 1"):
        read_report(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InvalidArgumentError, match="No such file"):
        read_report(tmp_path / "none.json")


def test_ratios_and_verdicts():
    before = report(decode(50, 48, 52), first(10, 9, 11))
    now = report(decode(60, 58, 62), first(20, 10.5, 21), Measurement("load", None, "ms", (60.0,)))
    (faster, slower) = changes(now, before)
    assert (faster.ratio, faster.verdict) == (1.2, "better")
    assert (slower.ratio, slower.verdict) == (2.0, "")  # the runs overlap
    (reverse, _) = changes(before, now)
    assert reverse.verdict == "worse"
    (same,) = changes(report(decode(102.0)), report(decode(100.0)))
    assert same.verdict == ""
    assert [row[0] for row in change_rows(now, before)] == ["", "decode, 512 tokens", "cold first token, 128 tokens"]


def test_what_else_differs_is_named():
    now, before = report(n_threads=1), report(flash_attention=True)
    assert differences(now, before) == ["settings, n_threads: 2 → 1", "settings, flash_attention: True → absent"]


def test_the_table_is_aligned():
    lines = table(measurement_rows(report(decode(1234.5), first(0.126)))).splitlines()
    assert lines[0].split() == ["median", "unit", "least", "most"]
    assert lines[1].split() == ["decode,", "512", "tokens", "1,234", "tokens/s", "1,234", "1,234"]
    assert lines[2].split()[-4:] == ["0.13", "ms", "0.13", "0.13"]


def test_a_request_that_fails_among_others_fails_the_measurement():
    engine = FakeEngine([["a", "b"], ["a", "b"]], n_ctx=8)
    requests = [([1] * n_tokens, SamplingParams(max_tokens=2)) for n_tokens in (2, 8)]
    with pytest.raises(ContextLengthExceededError):
        timed_together(engine, requests)
