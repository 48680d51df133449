"""Where the time of a turn went: as JSON lines, told to a function, and as a picture."""

from __future__ import annotations

import json

import pytest
from conversation_rig import Rig

from electron_local.errors import InvalidArgumentError
from electron_local.voice.events import AudioDelta, ErrorOccurred, ResponseDone, SpeechStopped
from electron_local.voice.ledger_file import read_ledger
from electron_local.voice.timeline import draw_timeline

LONG = "This answer is long enough to be talked over by anyone. " * 4


def interrupted(ledger) -> Rig:
    rig = Rig([LONG], ["Stopped."], heard=["tell me more", "stop that please"], ledger=ledger)
    rig.say(600)
    rig.quiet(3000)
    rig.say(900)
    rig.quiet(3000)
    return rig


def test_each_response_is_a_line(tmp_path):
    path = tmp_path / "ledger.jsonl"
    rig = interrupted(path)
    cancelled, completed = entries = read_ledger(path)
    assert [entry["response_id"] for entry in entries] == [done.response.id for done in rig.of(ResponseDone)]
    assert [entry["status"] for entry in entries] == ["cancelled", "completed"]
    assert completed["endpoint_wait_ms"] == 400
    assert completed["first_audio_ms"] == next(
        event.time_ms for event in rig.of(AudioDelta) if event.response_id == completed["response_id"]
    )
    assert completed["turn_end_ms"] == rig.of(SpeechStopped)[1].time_ms
    assert 0 < cancelled["barge_in_ms"] <= 250
    assert completed["barge_in_ms"] is None
    assert "tell" not in path.read_text(), "a ledger has no words"
    interrupted(path)
    assert len(read_ledger(path)) == 4, "sessions share a file"


def test_a_function_gets_the_same(tmp_path):
    entries = []
    interrupted(entries.append)
    interrupted(tmp_path / "ledger.jsonl")
    names = {"response_id"}
    written = [{k: v for k, v in entry.items() if k not in names} for entry in read_ledger(tmp_path / "ledger.jsonl")]
    assert [{k: v for k, v in entry.items() if k not in names} for entry in entries] == written
    assert json.loads(json.dumps(entries)) == entries


def test_a_ledger_that_cannot_be_written_is_given_up():
    def full(entry):
        raise OSError("disk full")

    rig = interrupted(full)
    assert len(rig.of(ResponseDone)) == 2
    assert not rig.of(ErrorOccurred)
    with pytest.raises(InvalidArgumentError, match="ledger"):
        Rig(ledger="/nowhere/at/all.jsonl")


def test_a_ledger_may_close_its_session():
    rig = Rig(["Fine."], heard=["play some jazz"], ledger=lambda entry: rig.session.close())
    rig.say(600)
    rig.quiet(3000)
    rig.close()
    rig.close()
    assert rig.session.is_closed and len(rig.of(ResponseDone)) == 1


def test_a_timeline_is_a_picture(tmp_path):
    pytest.importorskip("matplotlib")
    entries = []
    interrupted(entries.append)
    draw_timeline(entries, tmp_path / "timeline.png")
    assert (tmp_path / "timeline.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(InvalidArgumentError, match="no turn"):
        draw_timeline([], tmp_path / "empty.png")
