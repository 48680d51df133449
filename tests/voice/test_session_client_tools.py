"""Conversations with tools that the user of the session runs, in virtual time."""

from __future__ import annotations

import pytest
from tool_turns import WEATHER, last_tool_output, tool_turn

from electron_local.voice.client_events import CancelResponse, CreateFunctionCallOutput, CreateResponse
from electron_local.voice.events import CallArgumentsDone, ErrorOccurred, ResponseDone
from voice_fakes import Call, Hang


def test_the_user_of_the_session_can_run_the_tools():
    rig = tool_turn(["Let me check that for you now.", WEATHER], ["It is clear."], tools=None, quiet_ms=1400)
    assert rig.of(CallArgumentsDone)
    assert not rig.of(ResponseDone)
    rig.session.send(CreateFunctionCallOutput("call_other", "?"))
    rig.session.send(CreateFunctionCallOutput("call_1", "clear"))
    rig.session.send(CreateResponse())
    rig.quiet(4000)
    assert [event.error.param for event in rig.of(ErrorOccurred)] == ["item.call_id"]
    assert last_tool_output(rig) == "clear"
    assert [event.response.status for event in rig.of(ResponseDone)] == ["completed", "completed"]
    assert rig.session.is_idle


def test_a_user_who_does_not_answer_a_call_loses_the_turn():
    rig = tool_turn([WEATHER], ["Yes."], tools=None, quiet_ms=4000, tool_timeout_s=2)
    assert [event.error.code for event in rig.of(ErrorOccurred)] == ["tool_response_timeout"]
    assert rig.session.is_idle
    rig.say(600)
    rig.quiet(2000)
    assert len(rig.of(ResponseDone)) == 2


@pytest.mark.parametrize("asks_again", [False, True])
def test_a_response_asked_for_before_the_outputs_are_there_waits_for_them(asks_again):
    calls = [Call("get_weather", {"city": name}, id=f"call_{name}") for name in ("Rome", "Oslo")]
    rig = tool_turn(calls, ["Both clear."], tools=None, quiet_ms=1400)
    for event in (
        CreateResponse(),
        CreateFunctionCallOutput("call_Rome", "1"),
        CreateFunctionCallOutput("call_x", "?"),
    ):
        rig.session.send(event)
        rig.quiet(200)
    assert len(rig.chat.requests) == 1
    rig.session.send(CreateFunctionCallOutput("call_Oslo", "2"))
    if asks_again:
        rig.session.send(CreateResponse())
    rig.quiet(3000)
    assert [message["content"] for message in rig.chat.requests[1]["messages"][-2:]] == ["1", "2"]
    assert len(rig.chat.requests) == len(rig.of(ResponseDone)) == 2
    assert [event.error.param for event in rig.of(ErrorOccurred)] == ["item.call_id"]


def test_a_request_that_comes_before_the_last_call_is_made_asks_once():
    second = Call("get_weather", {"city": "Oslo"}, id="call_2")
    rig = tool_turn([WEATHER, "", Hang(500), second], ["Both clear."], ["Twice."], tools=None, quiet_ms=900)
    for call_id in ("call_1", "call_2"):
        assert rig.of(CallArgumentsDone)[-1].call_id == call_id
        rig.session.send(CreateFunctionCallOutput(call_id, "clear"))
        rig.session.send(CreateResponse())
        rig.quiet(1000)
    rig.quiet(3000)
    assert len(rig.chat.requests) == len(rig.of(ResponseDone)) == 2
    assert rig.session.is_idle


def test_an_output_twice_is_an_error_and_changes_nothing():
    rig = tool_turn([WEATHER], ["It is clear."], tools=None, quiet_ms=1400)
    for output in ("clear", "rain"):
        rig.session.send(CreateFunctionCallOutput("call_1", output, event_id=output))
    rig.session.send(CreateResponse())
    rig.quiet(3000)
    assert last_tool_output(rig) == "clear" and len(rig.of(ResponseDone)) == 2
    assert [event.error.event_id for event in rig.of(ErrorOccurred)] == ["rain"]


def test_an_output_that_an_interruption_overtook_starts_nothing():
    rig = tool_turn([WEATHER], ["Stopped."], ["Later."], tools=None, quiet_ms=1400)
    rig.say(800)  # it interrupts, and drops the call
    for event in (CreateFunctionCallOutput("call_1", "clear"), CreateResponse()):
        rig.session.send(event)
    rig.quiet(3000)
    assert [event.error.param for event in rig.of(ErrorOccurred)] == ["item.call_id"]
    assert rig.last_messages()[-1] == ("user", "stop that now") and len(rig.chat.requests) == 2
    assert [event.response.status for event in rig.of(ResponseDone)] == ["completed", "completed"]
    rig.session.send(CreateResponse())
    rig.quiet(2000)
    assert len(rig.chat.requests) == 3, "one that is asked for later is not"


def test_an_output_after_its_time_starts_nothing():
    rig = tool_turn([WEATHER], ["Yes."], tools=None, quiet_ms=4000, tool_timeout_s=2)
    rig.session.send(CreateFunctionCallOutput("call_1", "clear"))
    rig.session.send(CreateResponse())
    rig.quiet(2000)
    codes = [event.error.code for event in rig.of(ErrorOccurred)]
    assert codes == ["tool_response_timeout", "invalid_request_error"] and len(rig.chat.requests) == 1


def test_outputs_that_nobody_asks_a_response_to_end_the_turn():
    rig = tool_turn([WEATHER], ["Later."], tools=None, quiet_ms=1400, tool_timeout_s=2)
    rig.session.send(CreateFunctionCallOutput("call_1", "clear"))
    rig.quiet(1900)
    assert not rig.of(ErrorOccurred) and not rig.session.is_idle
    rig.quiet(300)
    (error,) = (event.error for event in rig.of(ErrorOccurred))
    assert error.code == "tool_response_timeout" and "no response.create within 2 s" in error.message
    assert rig.session.is_idle
    rig.say(600)
    rig.quiet(2000)
    assert rig.last_messages()[-2:] == [("tool", "clear"), ("user", "stop that now")]


def test_a_late_output_swallows_no_request_after_the_next_turn():
    rig = tool_turn([WEATHER], ["Stopped."], ["Still there?"], tools=None, tool_timeout_s=2)
    rig.session.send(CreateFunctionCallOutput("call_1", "clear"))
    rig.say(600)
    rig.quiet(3000)
    assert len(rig.chat.requests) == 2
    rig.session.send(CreateResponse())
    rig.quiet(2000)
    assert len(rig.chat.requests) == 3


@pytest.mark.parametrize("names_it", [False, True])
def test_a_cancel_after_the_response_drops_no_call(names_it):
    rig = tool_turn([WEATHER], ["It is clear."], tools=None, quiet_ms=1400)
    rig.session.send(CancelResponse(rig.of(ResponseDone)[0].response.id if names_it else None))
    rig.session.send(CreateFunctionCallOutput("call_1", "clear"))
    rig.session.send(CreateResponse())
    rig.quiet(3000)
    assert not rig.of(ErrorOccurred)
    assert last_tool_output(rig) == "clear" and len(rig.of(ResponseDone)) == 2
