"""Conversations of PROTOCOL §2 over a real socket: every event, in its order, with its fields."""

from __future__ import annotations

import json

import pytest
from hydra_rig import Hydra, Script, eventually, serving

from voice_fakes import Call, Finish

USER_TURN = [
    *("input_audio_buffer.speech_started", "conversation.item.added"),
    *("input_audio_buffer.speech_stopped", "conversation.item.done"),
]
SPOKEN = ["created", "conversation.item.added", "output_audio.delta", "output_audio.done"]
DONE = ["conversation.item.done", "done"]
WEATHER = {"type": "function", "name": "get_weather", "description": "", "parameters": {"type": "object"}}
CALL = Call("get_weather", {"city": "Riga"}, "call_7")
OUTPUT = {"type": "function_call_output", "call_id": "call_7", "output": "rain"}
ARGUMENTS = ["function_call_arguments.delta", "function_call_arguments.done"]


def talk(hydra, speech_ms=600, quiet_ms=1200):
    """One turn of the user, with the quiet behind it."""
    hydra.say(speech_ms)
    hydra.quiet(quiet_ms)


def say_in_text(hydra, text):
    content = [{"type": "input_text", "text": text}]
    hydra.send("conversation.item.create", item={"type": "message", "role": "user", "content": content})
    hydra.send("response.create")


def test_a_spoken_turn():
    with serving(Script(["Sunny all day."], heard=["what is the weather"])) as (url, _), Hydra(url) as hydra:
        assert hydra.until("session.created") is hydra.events[0]
        configured = hydra.configure(instructions="Be brief.", voice="maya", tools=[WEATHER], unknown=1)
        assert configured["session"] == {
            "instructions": "Be brief.", "voice": "maya", "tools": [WEATHER], "generate_initial_response": False
        }  # fmt: skip
        talk(hydra)
        done = hydra.until("response.done")["response"]
        assert hydra.types(2) == [*USER_TURN, *SPOKEN, *DONE]
        started, user, stopped, user_done, created, bot, *deltas, _, bot_done, _ = hydra.events[2:]
        assert user["previous_item_id"] is None and user["item"]["role"] == "user"
        assert user["item"]["status"] == "in_progress" and user_done["item"]["status"] == "completed"
        assert {started["item_id"], stopped["item_id"]} == {user["item"]["id"]} == {user_done["item"]["id"]}
        assert 0 <= started["audio_start_ms"] < stopped["audio_end_ms"] <= 700
        assert bot["previous_item_id"] == user["item"]["id"] and bot["item"]["role"] == "assistant"
        assert bot_done["item"]["id"] == bot["item"]["id"] == deltas[0]["item_id"]
        assert {created["response"]["id"]} == {delta["response_id"] for delta in deltas} == {done["id"]}
        assert (done["status"], done["status_details"]) == ("completed", None)
        assert [item["id"] for item in done["output"]] == [bot["item"]["id"]]
        assert done["usage"] == {"input_tokens": 11, "output_tokens": 5, "total_tokens": 16}
        ids = [event["event_id"] for event in hydra.events]
        assert len(set(ids)) == len(ids)
        n_samples = len("Sunny all day.") * 50 * 48  # 50 ms a character at 48 kHz
        assert len(hydra.audio()) == n_samples * 2


def test_items_are_chained_from_turn_to_turn():
    script = Script(["One."], ["Two."], heard=["first request", "second request"])
    with serving(script) as (url, _), Hydra(url) as hydra:
        hydra.configure()
        for _ in range(2):
            talk(hydra)
            hydra.until("response.done")
        added = hydra.of("conversation.item.added")
        before = [event["previous_item_id"] for event in added]
        assert before == [None, *(event["item"]["id"] for event in added[:-1])] and len(added) == 4


def test_noise_is_an_incomplete_turn_without_a_response():
    with serving(Script(["Never."], heard=[""])) as (url, _), Hydra(url) as hydra:
        hydra.configure()
        talk(hydra)
        assert hydra.until("conversation.item.done")["item"]["status"] == "incomplete"
        hydra.drain()
        assert hydra.types(2) == USER_TURN


def test_the_bot_speaks_first():
    with serving(Script(["Welcome."])) as (url, _), Hydra(url) as hydra:
        hydra.configure(generate_initial_response=True)
        hydra.until("response.done")
        assert hydra.types(2) == [*SPOKEN, *DONE]


def test_speech_interrupts():
    script = Script(["One two three four five six seven eight nine ten."], ["Yes?"], heard=["count", "no stop it now"])
    with serving(script) as (url, _), Hydra(url) as hydra:
        hydra.configure()
        talk(hydra, quiet_ms=300)
        hydra.until("response.output_audio.delta")
        talk(hydra, 900)
        done = hydra.until("response.done")["response"]
        assert (done["status"], done["status_details"]) == ("cancelled", {"reason": "interrupted"})
        n_before = len(hydra.events)
        second = hydra.until("response.done")["response"]
        assert second["status"] == "completed"
        assert not any(event.get("response_id") == done["id"] for event in hydra.events[n_before:])
        assert len(hydra.audio(done["id"])) < 48 * 2 * 50 * 49


def test_a_backchannel_does_not_interrupt():
    script = Script(["One two three four five six seven eight nine ten eleven twelve."], heard=["count", "yeah"])
    with serving(script) as (url, _), Hydra(url) as hydra:
        hydra.configure()
        talk(hydra, quiet_ms=300)
        hydra.until("response.output_audio.delta")
        talk(hydra, 300)
        assert hydra.until("response.done")["response"]["status"] == "completed"
        last_user = [e["item"] for e in hydra.of("conversation.item.done") if e["item"]["role"] == "user"][-1]
        assert last_user["status"] == "incomplete" and hydra.counts()["response.created"] == 1


def test_response_cancel():
    script = Script(["One two three four five six seven eight nine ten."], heard=["count"])
    with serving(script) as (url, _), Hydra(url) as hydra:
        hydra.configure()
        hydra.send("response.cancel")  # nothing in flight: no answer
        talk(hydra, quiet_ms=300)
        response_id = hydra.until("response.created")["response"]["id"]
        hydra.send("response.cancel", response_id="resp_other")
        hydra.send("response.cancel", response_id=response_id)
        done = hydra.until("response.done")["response"]
        assert (done["status"], done["status_details"]) == ("cancelled", {"reason": "client_cancelled"})
        hydra.send("response.cancel")
        hydra.drain()
        assert hydra.events[-1]["type"] == "response.done" and not hydra.of("error")


@pytest.mark.parametrize(
    ("reply", "status", "details"),
    [
        (["And so on", Finish("length")], "incomplete", {"reason": "max_output_tokens"}),
        ([RuntimeError("no luck")], "failed", None),
    ],
)
def test_responses_that_end_badly(reply, status, details):
    with serving(Script(reply, ["Fine."], heard=["one", "two"])) as (url, _), Hydra(url) as hydra:
        hydra.configure()
        talk(hydra)
        done = hydra.until("response.done")["response"]
        assert done["status"] == status and (done["status_details"] == details or "no luck" in json.dumps(done))
        talk(hydra)
        assert hydra.until("response.done")["response"]["status"] == "completed"


def test_a_tool_call_with_a_filler_and_its_narration():
    script = Script(["Let me check that.", CALL], ["Rain in Riga."], heard=["what is the weather in riga"])
    with serving(script) as (url, _), Hydra(url) as hydra:
        hydra.configure(tools=[WEATHER])
        talk(hydra)
        done = hydra.until("response.function_call_arguments.done")
        assert (done["call_id"], done["name"]) == ("call_7", "get_weather")
        assert json.loads(done["arguments"]) == {"city": "Riga"}
        hydra.send("conversation.item.create", item=OUTPUT)
        hydra.send("response.create")  # while the filler plays: remembered
        first = hydra.until("response.done")["response"]
        second = hydra.until("response.done")["response"]
        kinds = hydra.types(2)
        kinds = [name for name in kinds if name != "output_audio.delta"]
        spoken = [name for name in SPOKEN if name != "output_audio.delta"]
        n_deltas = kinds.count(ARGUMENTS[0])
        ended = [*ARGUMENTS[:1] * n_deltas, ARGUMENTS[1], "output_audio.done"]
        assert kinds == [*USER_TURN, *spoken[:2], *ended, *DONE, *spoken, *DONE]
        deltas = hydra.of("response.function_call_arguments.delta")
        assert deltas[0]["name"] == "get_weather" and not any("name" in delta for delta in deltas[1:])
        assert "".join(delta["delta"] for delta in deltas) == done["arguments"]
        (call,) = (item for item in first["output"] if item["type"] == "function_call")
        assert (call["call_id"], call["name"], call["arguments"]) == ("call_7", "get_weather", done["arguments"])
        assert first["status"] == second["status"] == "completed"
        messages = script.chats[0].requests[-1]["messages"]
        assert messages[-1]["role"] == "tool" and messages[-1]["content"] == "rain"


def test_a_call_without_a_filler_has_no_audio():
    script = Script([CALL], ["Rain."], heard=["what is the weather"])
    with serving(script) as (url, _), Hydra(url) as hydra:
        hydra.configure(tools=[WEATHER])
        talk(hydra)
        done = hydra.until("response.done")["response"]
        assert hydra.types(2) == [*USER_TURN, "created", "conversation.item.added", *ARGUMENTS, *DONE]
        assert [item["type"] for item in done["output"]] == ["function_call"]
        hydra.send("conversation.item.create", item=OUTPUT)
        hydra.send("response.create")
        assert hydra.until("response.done")["response"]["status"] == "completed"


def test_a_tool_without_an_output_is_given_up_and_the_session_goes_on():
    script = Script([CALL], ["Fine."], heard=["the weather please", "hello"], tool_timeout_s=1.0)
    with serving(script) as (url, _), Hydra(url) as hydra:
        hydra.configure(tools=[WEATHER])
        talk(hydra)
        error = hydra.error()
        assert error["code"] == "tool_response_timeout" and "call_7" in error["message"]
        talk(hydra)
        assert hydra.until("response.created")
        assert hydra.until("response.done")["response"]["status"] == "completed"


def test_tools_are_updated():
    with serving(Script(["Fine."], heard=["hello"])) as (url, _), Hydra(url) as hydra:
        hydra.configure()
        hydra.send("session.update", session={"tools": []})  # changes nothing: no answer
        hydra.send("session.update", session={"tools": [WEATHER]})
        assert hydra.until("session.updated")["session"] == {"tools": [WEATHER]}
        event_id = hydra.send("session.update", session={"voice": "maya"})
        error = hydra.error()
        assert (error["code"], error["event_id"]) == ("invalid_frame", event_id)
        assert hydra.counts()["session.updated"] == 1


def test_a_typed_turn():
    script = Script(["Hello there."])
    with serving(script) as (url, _), Hydra(url) as hydra:
        hydra.configure()
        say_in_text(hydra, "hi")
        assert hydra.until("response.done")["response"]["status"] == "completed"
        assert script.chats[0].requests[0]["messages"][-1]["content"] == "hi"


def test_audio_that_stops_arriving_in_the_middle_of_speech_is_silence():
    with serving(Script(["Fine."], heard=["hello there"])) as (url, _), Hydra(url) as hydra:
        hydra.configure()
        hydra.say(600)
        assert hydra.until("response.done")["response"]["status"] == "completed"


def test_deltas_are_paced():
    script = Script(["One two three four five six seven eight nine ten."])
    with serving(script) as (url, _), Hydra(url) as hydra:
        hydra.configure()
        session = script.sessions[0]
        began_ms = session.now_ms()
        say_in_text(hydra, "count")
        hydra.until("response.output_audio.delta")
        while hydra.next()["type"] == "response.output_audio.delta":
            assert len(hydra.audio()) / 2 / 48 <= session.now_ms() - began_ms + 300
        hydra.until("response.done")
        assert session.now_ms() - began_ms >= 49 * 50 - 300


def test_sessions_do_not_hear_each_other():
    script = Script(["Sunny all day."], heard=["what is the weather"])
    with serving(script) as (url, _), Hydra(url) as first, Hydra(url) as second:
        for hydra in (first, second):
            hydra.configure()
        talk(first)
        first.until("response.done")
        second.drain()
        assert second.types() == ["session.created", "session.configured"]
        talk(second)
        second.until("response.done")
        assert second.types(2) == [*USER_TURN, *SPOKEN, *DONE] and first.events[0] != second.events[0]
        eventually(lambda: len(script.sessions) == 2)
