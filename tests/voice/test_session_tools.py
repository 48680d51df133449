"""Conversations with tools that the session runs, in virtual time."""

from __future__ import annotations

import json
from typing import Any

import pytest
from conversation_rig import TOOL, Rig
from tool_turns import WEATHER, last_tool_output, tool_turn

from electron_local.voice.client_events import CreateFunctionCallOutput, CreateResponse, CreateUserText
from electron_local.voice.events import (
    AudioDelta,
    CallArgumentsDelta,
    CallArgumentsDone,
    ItemDone,
    ResponseCreated,
    ResponseDone,
    ToolReturned,
)
from voice_fakes import Call, Finish

CALL_EVENTS = ["response.function_call_arguments.delta", "response.function_call_arguments.done"]


def sunny(city: str) -> dict[str, Any]:
    return {"city": city, "sky": "clear"}


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


def test_the_result_of_a_call_that_was_given_up_is_not_anothers():
    cities = iter(["paris", "rome"])

    def weather():
        city = next(cities)
        rig.runtime.sleep(3000)
        return f"clear in {city}"

    calls = [[Call("get_weather", {}, id="call_1")] for _ in range(2)]  # some servers number calls from one
    rig = Rig(*calls, ["Clear."], tools={"get_weather": weather}, heard=["and what about rome then"])
    rig.session.send(CreateUserText("paris"))
    rig.session.send(CreateResponse())
    rig.wait(500)
    rig.say(800)
    rig.quiet(8000)
    assert last_tool_output(rig) == "clear in rome"
    assert [event.output for event in rig.of(ToolReturned)] == ["clear in rome"]


def test_an_output_from_outside_for_a_python_tool_is_narrated():
    rig = Rig([WEATHER], ["Clear."], tools={"get_weather": lambda city: rig.runtime.sleep(2000) or "rain"})
    rig.session.send(CreateUserText("paris"))
    rig.session.send(CreateResponse())
    rig.wait(500)
    rig.session.send(CreateFunctionCallOutput("call_1", "clear"))
    rig.wait(6000)
    assert last_tool_output(rig) == "clear"
    assert [event.response.status for event in rig.of(ResponseDone)] == ["completed"] * 2
    assert rig.session.is_idle


def test_a_tool_that_returns_no_unicode_tells_the_model():
    rig = tool_turn([WEATHER], ["Sorry."], tools={"get_weather": lambda city: "\udcff"})
    assert "the result holds a lone surrogate" in last_tool_output(rig) and rig.of(ToolReturned)[0].failed

    def broken(city: str) -> str:
        raise ValueError("\udcff")

    rig = tool_turn([WEATHER], ["Sorry."], tools={"get_weather": broken})
    assert json.loads(last_tool_output(rig)) == {"error": "ValueError: ?"}
