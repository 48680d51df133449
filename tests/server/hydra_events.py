"""The fields of every event that a server sends, as PROTOCOL §2 has them."""

from __future__ import annotations

import base64
import re

_ITEM = {"previous_item_id", "item"}
_PLACE = {"response_id", "item_id", "output_index", "content_index"}
FIELDS = {
    "session.created": {"session_id"},
    "session.configured": {"session"},
    "session.updated": {"session"},
    "warning": {"code", "message"},
    "error": {"error"},
    "input_audio_buffer.speech_started": {"audio_start_ms", "item_id"},
    "input_audio_buffer.speech_stopped": {"audio_end_ms", "item_id"},
    "conversation.item.added": _ITEM,
    "conversation.item.done": _ITEM,
    "response.created": {"response"},
    "response.output_audio.delta": {*_PLACE, "delta"},
    "response.output_audio.done": _PLACE,
    "response.function_call_arguments.delta": {"response_id", "call_id", "name", "delta"},
    "response.function_call_arguments.done": {"response_id", "call_id", "name", "arguments"},
    "response.done": {"response"},
}
_CODES = {"invalid_frame", "invalid_request_error", "invalid_audio", "tool_response_timeout", "server_full"}
_ID = {name: re.compile(rf"{name}_[0-9a-f]{{8,}}") for name in ("sv", "sess", "item", "resp")}


def check_event(event):
    """Exactly its fields, each of its kind."""
    kind = event["type"]
    fields = {"type", "event_id", *FIELDS[kind]}
    if kind == "response.function_call_arguments.delta":
        fields -= {"name"} - event.keys()  # in the first delta only
    assert event.keys() == fields, event
    assert _ID["sv"].fullmatch(event["event_id"])
    for name, prefix in (("session_id", "sess"), ("response_id", "resp"), ("item_id", "item")):
        assert name not in event or _ID[prefix].fullmatch(event[name]), event
    if kind.startswith("conversation.item"):
        _check_item(event["item"])
        assert event["previous_item_id"] is None or _ID["item"].fullmatch(event["previous_item_id"])
    elif kind == "response.output_audio.delta":
        assert len(base64.b64decode(event["delta"], validate=True)) > 0
    elif kind == "response.created":
        assert event["response"].keys() == {"id"} and _ID["resp"].fullmatch(event["response"]["id"])
    elif kind == "response.done":
        _check_response(event["response"])
    elif kind == "error":
        error = event["error"]
        assert error.keys() == {"type", "code", "message", "param", "event_id"}
        assert error["message"] and error["code"] in {*_CODES, "internal_error"}, event


def _check_item(item):
    assert _ID["item"].fullmatch(item["id"]) and item["status"] in ("in_progress", "completed", "incomplete")
    if item["type"] == "function_call":
        assert item.keys() == {"id", "type", "status", "call_id", "name", "arguments"}
    else:
        assert item.keys() == {"id", "type", "role", "status", "content"} and item["type"] == "message"
        for part in item["content"]:  # no transcript goes over this wire; what the client typed does
            assert part.keys() == ({"type", "text"} if part["type"] == "input_text" else {"type"}), item


def _check_response(response):
    assert response.keys() == {"id", "status", "status_details", "output", "usage"}
    assert response["status"] in ("completed", "cancelled", "failed", "incomplete")
    usage = response["usage"]
    assert usage["input_tokens"] + usage["output_tokens"] == usage["total_tokens"] and len(usage) == 3
    for item in response["output"]:
        _check_item(item)
