"""Events on their way to JSON."""

from __future__ import annotations

import base64
import json

import numpy as np

from electron_local.audio.frame import AudioFrame
from electron_local.voice import events
from electron_local.voice.items import ErrorInfo, Item, ResponseInfo, Usage
from electron_local.voice.ledger import TurnLedger


def test_ids_are_fresh_and_internal_fields_stay_inside():
    first, second = (events.SpeechStarted(audio_start_ms=40, item_id="item_1", time_ms=5.0) for _ in range(2))
    assert first.event_id.startswith("sv_")
    assert first.event_id != second.event_id
    assert first.to_wire() == {
        "type": "input_audio_buffer.speech_started",
        "event_id": first.event_id,
        "audio_start_ms": 40,
        "item_id": "item_1",
    }


def test_items_carry_no_transcript():
    item = Item("item_2", role="assistant", status="completed", text="secret")
    wire = events.ItemDone(previous_item_id="item_1", item=item).to_wire()
    assert wire["previous_item_id"] == "item_1"
    assert wire["item"] == {
        "id": "item_2",
        "type": "message",
        "role": "assistant",
        "status": "completed",
        "content": [{"type": "output_audio"}],
    }


def test_audio_is_base64_pcm16():
    frame = AudioFrame(np.array([0.0, 0.5, -1.0], np.float32), 48000)
    wire = events.AudioDelta(response_id="resp_1", item_id="item_2", delta=frame).to_wire()
    assert list(wire) == ["type", "event_id", "response_id", "item_id", "output_index", "content_index", "delta"]
    assert np.frombuffer(base64.b64decode(wire["delta"]), "<i2").tolist() == [0, 16384, -32768]


def test_a_response_carries_its_output_and_usage():
    call = Item("item_3", "function_call", None, "completed", "", "call_1", "stop", "{}")
    info = ResponseInfo("resp_1", "cancelled", {"reason": "interrupted"}, (call,), Usage(3, 4, 2))
    wire = events.ResponseDone(response=info, ledger=TurnLedger(first_audio_ms=1.0)).to_wire()
    assert "ledger" not in wire
    assert wire["response"]["usage"] == {"input_tokens": 3, "output_tokens": 4, "total_tokens": 7}
    assert wire["response"]["output"][0]["call_id"] == "call_1"
    assert json.loads(json.dumps(wire)) == wire
    assert events.ResponseCreated(response=ResponseInfo("resp_1")).to_wire()["response"] == {"id": "resp_1"}


def test_the_name_of_a_call_comes_with_its_first_delta_only():
    named = events.CallArgumentsDelta(response_id="resp_1", call_id="call_1", name="stop", delta="")
    later = events.CallArgumentsDelta(response_id="resp_1", call_id="call_1", delta="{}")
    assert named.to_wire()["name"] == "stop"
    assert "name" not in later.to_wire()


def test_errors_name_their_cause():
    wire = events.ErrorOccurred(error=ErrorInfo("api_error", "internal_error", "broken")).to_wire()
    assert wire["error"] == {
        "type": "api_error",
        "code": "internal_error",
        "message": "broken",
        "param": None,
        "event_id": None,
    }
