"""Conversations with tools in virtual time."""

from __future__ import annotations

import json
from typing import Any

import pytest
from conversation_rig import TOOL, Rig

from electron_local.voice.client_events import CancelResponse, CreateFunctionCallOutput, CreateResponse
from electron_local.voice.events import (
    AudioDelta,
    CallArgumentsDelta,
    CallArgumentsDone,
    ErrorOccurred,
    ItemDone,
    ResponseCreated,
    ResponseDone,
    ToolReturned,
)
from voice_fakes import Call, Finish

WEATHER = Call("get_weather", {"city": "Rome"})
CALL_EVENTS = ["response.function_call_arguments.delta", "response.function_call_arguments.done"]


def sunny(city: str) -> dict[str, Any]:
    return {"city": city, "sky": "clear"}


def tool_turn(*replies: list[Any], tools: Any, quiet_ms: int = 4000, **config: Any) -> Rig:
    rig = Rig(*replies, heard=["weather in rome", "stop that now"], tools=tools, schemas=(TOOL,), **config)
    rig.say(700)
    rig.quiet(quiet_ms)
    return rig


def last_tool_output(rig: Rig) -> str:
    return rig.chat.requests[-1]["messages"][-1]["content"]


@pytest.mark.parametrize("finish", ["tool_calls", "length"])
def test_a_call_is_done_when_its_arguments_are(finish):
    rig = tool_turn(
        [
            WEATHER,
            "The old town has a clear sky today. A light wind comes from the west. It may rain at night.",
            Finish(finish),
        ],
        ["It is clear."],
        tools={"get_weather": sunny},
        quiet_ms=15000,
    )
    made, done = rig.of(CallArgumentsDelta)[-1], rig.of(CallArgumentsDone)[0]
    assert done.time_ms - made.time_ms < 100
    response = rig.of(ResponseDone)[0].response
    assert response.status == ("completed" if finish == "tool_calls" else "incomplete")
    assert [item.name for item in response.output if item.type == "function_call"] == ["get_weather"]


def test_a_tool_turn_has_the_events_of_the_protocol_in_order():
    rig = tool_turn(["Let me check.", WEATHER], ["It is clear."], tools={"get_weather": sunny})
    names = rig.wire(without=CALL_EVENTS)
    assert names[names.index("response.created") :] == [
        "response.created", "conversation.item.added", "response.output_audio.delta",
        "response.output_audio.done", "conversation.item.done", "response.done",
    ] * 2  # fmt: skip
    deltas, done = rig.of(CallArgumentsDelta), rig.of(CallArgumentsDone)[0]
    assert "".join(delta.delta for delta in deltas) == done.arguments == '{"city": "Rome"}'
    assert [delta.name for delta in deltas] == ["get_weather"] + [None] * (len(deltas) - 1)
    assert (done.call_id, done.name) == ("call_1", "get_weather")
    assert rig.events.index(done) < rig.events.index(rig.of(ResponseDone)[0])
    calls = [item for item in rig.of(ResponseDone)[0].response.output if item.type == "function_call"]
    assert [(call.call_id, call.name, call.arguments) for call in calls] == [
        ("call_1", "get_weather", '{"city": "Rome"}')
    ]  # fmt: skip


def test_the_result_goes_to_the_model_and_is_narrated():
    rig = tool_turn(["Let me check.", WEATHER], ["It is clear."], tools={"get_weather": sunny})
    returned = rig.of(ToolReturned)[0]
    assert (json.loads(returned.output), returned.failed) == (sunny("Rome"), False)
    assistant, tool = rig.chat.requests[1]["messages"][-2:]
    assert assistant["content"] == "Let me check."
    assert assistant["tool_calls"][0]["function"] == {"name": "get_weather", "arguments": '{"city": "Rome"}'}
    assert tool == {"role": "tool", "tool_call_id": "call_1", "content": returned.output}
    assert rig.of(ItemDone)[-1].item.text.strip() == "It is clear."
    assert rig.chat.requests[0]["tools"][0]["function"]["name"] == "get_weather"
    assert rig.session.is_idle


def test_the_narration_starts_when_the_filler_has_played_out():
    rig = tool_turn(["Let me check that.", WEATHER], ["It is clear."], tools={"get_weather": sunny})
    first, second = (event.response.id for event in rig.of(ResponseCreated))
    filler = [event for event in rig.of(AudioDelta) if event.response_id == first]
    played_out_ms = filler[0].time_ms + sum(event.delta.duration_ms for event in filler)
    narration_ms = next(event.time_ms for event in rig.of(ResponseCreated) if event.response.id == second)
    assert narration_ms >= played_out_ms - 1e-6
    first_audio_ms = next(event.time_ms for event in rig.of(AudioDelta) if event.response_id == second)
    assert first_audio_ms - played_out_ms < 20


def test_a_call_without_filler_has_no_audio():
    rig = tool_turn([WEATHER], ["It is clear."], tools={"get_weather": sunny})
    assert rig.wire().count("response.output_audio.done") == 1
    assert [item.type for item in rig.of(ResponseDone)[0].response.output] == ["function_call"]
    assert rig.chat.requests[1]["messages"][-2]["content"] is None


def test_several_calls_run_side_by_side():
    runtimes: list[Any] = []

    def slow(city: str) -> str:
        runtimes[0].sleep(500)
        return city

    calls = [Call("get_weather", {"city": name}, id=f"call_{name}") for name in ("Rome", "Oslo")]
    rig = Rig(calls, ["Both clear."], heard=["rome and oslo"], tools={"get_weather": slow}, schemas=(TOOL,))
    runtimes.append(rig.runtime)
    rig.say(700)
    rig.quiet(4000)
    assert [message["content"] for message in rig.chat.requests[1]["messages"][-2:]] == ["Rome", "Oslo"]
    first, second = rig.of(ToolReturned)
    assert second.time_ms - first.time_ms < 500


def test_a_tool_that_raises_tells_the_model():
    def broken(city: str) -> str:
        raise ValueError(f"no station in {city}")

    rig = tool_turn([WEATHER], ["I could not find out."], tools={"get_weather": broken})
    assert json.loads(last_tool_output(rig)) == {"error": "ValueError: no station in Rome"}
    assert rig.of(ToolReturned)[0].failed
    assert [event.response.status for event in rig.of(ResponseDone)] == ["completed", "completed"]


def test_unknown_tools_and_wrong_arguments_tell_the_model():
    rig = tool_turn([WEATHER], ["Sorry."], tools={})
    assert "no tool named 'get_weather'" in last_tool_output(rig)
    rig = tool_turn([Call("get_weather", {"town": "Rome"})], ["Sorry."], tools={"get_weather": sunny})
    assert "unexpected keyword argument 'town'" in last_tool_output(rig)


def test_a_tool_that_never_returns_runs_out_of_time():
    runtimes: list[Any] = []

    def stuck(city: str) -> str:
        runtimes[0].sleep(5_000)
        return "too late"

    rig = Rig([WEATHER], ["Sorry."], heard=["rome weather"], tools={"get_weather": stuck}, schemas=(TOOL,),
              tool_timeout_s=2)  # fmt: skip
    runtimes.append(rig.runtime)
    rig.say(700)
    rig.quiet(8000)
    assert json.loads(last_tool_output(rig)) == {"error": "no result within 2 s"}
    assert [event.failed for event in rig.of(ToolReturned)] == [True]
    assert len(rig.chat.requests) == 2


def test_a_chain_of_calls_ends():
    rounds = [[Call("get_weather", {"city": "Rome"}, id=f"call_{n}")] for n in range(2)]
    rig = tool_turn(*rounds, ["Enough."], tools={"get_weather": sunny}, max_tool_rounds=2)
    assert [request["tool_choice"] for request in rig.chat.requests] == ["auto", "auto", "none"]
    assert rig.of(ItemDone)[-1].item.text.strip() == "Enough."


def test_speech_during_a_tool_drops_its_result():
    runtimes: list[Any] = []

    def slow(city: str) -> str:
        runtimes[0].sleep(3000)
        return "clear"

    rig = Rig([WEATHER], ["Stopped."], heard=["rome weather", "stop that now"], tools={"get_weather": slow},
              schemas=(TOOL,))  # fmt: skip
    runtimes.append(rig.runtime)
    rig.say(700)
    rig.quiet(1500)
    rig.say(800)
    rig.quiet(4000)
    assert not rig.of(ToolReturned)
    assert rig.last_messages()[-2:] == [
        ("tool", '{"error": "interrupted before there was a result"}'), ("user", "stop that now")
    ]  # fmt: skip
    assert [event.response.status for event in rig.of(ResponseDone)] == ["completed", "completed"]


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


def test_a_tool_that_returns_no_unicode_tells_the_model():
    rig = tool_turn([WEATHER], ["Sorry."], tools={"get_weather": lambda city: "\udcff"})
    assert "the result holds a lone surrogate" in last_tool_output(rig) and rig.of(ToolReturned)[0].failed

    def broken(city: str) -> str:
        raise ValueError("\udcff")

    rig = tool_turn([WEATHER], ["Sorry."], tools={"get_weather": broken})
    assert json.loads(last_tool_output(rig)) == {"error": "ValueError: ?"}


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
