"""Typed turns of the user, and responses that he asks for, in virtual time."""

from __future__ import annotations

import pytest
from conversation_rig import TOOL, Rig

from electron_local.voice.client_events import (
    CancelResponse,
    CreateFunctionCallOutput,
    CreateResponse,
    CreateUserText,
)
from electron_local.voice.events import AudioDelta, ItemAdded, ItemDone, ResponseCreated, ResponseDone
from voice_fakes import Call

LONG = "This answer takes a while to be spoken aloud by anyone. "


def test_a_typed_turn_is_answered_when_asked():
    rig = Rig(["Hello."])
    rig.session.send(CreateUserText("hi there"))
    rig.wait(1000)
    assert rig.chat.requests == []
    rig.session.send(CreateResponse())
    rig.wait(2000)
    assert rig.last_messages() == [("system", "Be brief."), ("user", "hi there")]
    assert rig.wire()[2:4] == ["conversation.item.added", "conversation.item.done"]
    item = rig.of(ItemDone)[0].to_wire()["item"]
    assert (item["role"], item["status"]) == ("user", "completed")
    assert item["content"] == [{"type": "input_text", "text": "hi there"}]
    assert rig.of(ResponseDone)[0].response.status == "completed"
    assert rig.of(ItemAdded)[1].previous_item_id == rig.of(ItemDone)[0].item.id
    assert rig.session.is_idle


def test_a_turn_typed_during_a_response_follows_it():
    rig = Rig([LONG], ["Yes."])
    rig.session.send(CreateUserText("tell me"))
    rig.session.send(CreateResponse())
    rig.wait(500)
    rig.session.send(CreateUserText("and then"))
    rig.session.send(CreateResponse())
    rig.wait(8000)
    assert [role for role, _ in rig.last_messages()] == ["system", "user", "assistant", "user"]
    first, second = rig.of(ResponseCreated)
    played_out_ms = rig.of(AudioDelta)[0].time_ms + rig.audio_ms(first.response.id)
    assert second.time_ms >= played_out_ms - 1e-6
    assert [done.response.status for done in rig.of(ResponseDone)] == ["completed", "completed"]


def test_a_turn_typed_while_a_tool_runs_follows_its_output():
    rig = Rig([Call("get_weather", {})], ["Sunny."], schemas=(TOOL,))
    rig.session.send(CreateUserText("weather"))
    rig.session.send(CreateResponse())
    rig.wait(500)
    rig.session.send(CreateUserText("in rome"))
    rig.session.send(CreateFunctionCallOutput("call_1", "sunny"))
    rig.session.send(CreateResponse())
    rig.wait(3000)
    assert [role for role, _ in rig.last_messages()] == ["system", "user", "assistant", "tool", "user"]


@pytest.mark.parametrize("is_tool_late", [False, True])
def test_a_typed_turn_is_answered_when_what_came_before_it_is_lost(is_tool_late):
    first = [Call("get_weather", {})] if is_tool_late else [LONG, RuntimeError("lost")]
    rig = Rig(first, ["Yes."], schemas=(TOOL,), tool_timeout_s=1)
    rig.session.send(CreateUserText("tell me"))
    rig.session.send(CreateResponse())
    rig.wait(60)
    rig.session.send(CreateUserText("and then"))
    rig.session.send(CreateResponse())
    rig.wait(8000)
    statuses = [done.response.status for done in rig.of(ResponseDone)]
    assert statuses == [("completed" if is_tool_late else "failed"), "completed"]
    assert rig.last_messages()[-1] == ("user", "and then")
    assert rig.session.is_idle


def test_a_response_asked_for_while_the_filler_plays_is_remembered():
    rig = Rig(["Let me look that up for you now.", Call("get_weather", {})], ["Sunny."], schemas=(TOOL,))
    rig.session.send(CreateUserText("weather"))
    rig.session.send(CreateResponse())
    rig.wait(900)
    rig.session.send(CreateFunctionCallOutput("call_1", "sunny"))
    rig.session.send(CreateResponse())
    rig.wait(4000)
    first, second = rig.of(ResponseCreated)
    played_out_ms = rig.of(AudioDelta)[0].time_ms + rig.audio_ms(first.response.id)
    assert second.time_ms >= played_out_ms - 1e-6
    assert len(rig.of(ResponseDone)) == 2
    assert rig.session.is_idle


@pytest.mark.parametrize("names_it", [False, True])
def test_a_cancel_that_names_a_response_spares_what_was_asked_for_behind_it(names_it):
    rig = Rig([LONG], ["Two it is."])
    for text in ("one", "two"):
        rig.session.send(CreateUserText(text))
        rig.session.send(CreateResponse())
        rig.wait(800)
    rig.session.send(CancelResponse(rig.of(ResponseCreated)[0].response.id if names_it else None))
    rig.wait(3000)
    assert [event.response.status for event in rig.of(ResponseDone)] == ["cancelled", "completed"][: 1 + names_it]
    assert len(rig.chat.requests) == 1 + names_it
    assert rig.session.is_idle


def test_each_typed_turn_may_call_tools_and_has_its_own_context():
    turns = [[[Call("get_weather", {}, id=f"call_{n}")], ["Sunny."]] for n in range(2)]
    times = iter(["It is 10:41.", "It is 10:42."])
    rig = Rig(*turns[0], *turns[1], schemas=(TOOL,), max_tool_rounds=1, dynamic_context=lambda: next(times))
    for n in range(2):
        rig.session.send(CreateUserText("weather"))
        rig.session.send(CreateResponse())
        rig.wait(500)
        rig.session.send(CreateFunctionCallOutput(f"call_{n}", "sunny"))
        rig.session.send(CreateResponse())
        rig.wait(2000)
    assert [request["tool_choice"] for request in rig.chat.requests] == ["auto", "none"] * 2
    said = [[m["content"] for m in request["messages"] if m["role"] == "user"][-1] for request in rig.chat.requests]
    assert said == ["weather\n\nIt is 10:41."] * 2 + ["weather\n\nIt is 10:42."] * 2
