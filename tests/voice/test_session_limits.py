"""Long conversations, contexts that change, stages that hang, and tools that end in any exception, in virtual time."""

from __future__ import annotations

import asyncio

import pytest
from conversation_rig import TOOL, Rig

from electron_local.chat.request_messages import MAX_MESSAGES
from electron_local.errors import BadRequestError, ContextLengthExceededError, InvalidArgumentError
from electron_local.voice import HistoryLimit, SessionConfig
from electron_local.voice.client_events import CancelResponse
from electron_local.voice.events import (
    ErrorOccurred,
    ItemDone,
    ResponseDone,
    SpeechStarted,
    SpeechStopped,
    ToolReturned,
)
from electron_local.voice.history import History, ToolCall
from electron_local.voice.prompts import Prompts
from hearing_fakes import speech
from voice_fakes import Call, Hang

TOO_LONG = ContextLengthExceededError("the prompt has 9000 tokens; the context holds 8192")


def talk(rig: Rig, n_turns: int, quiet_ms: int = 2000) -> Rig:
    for _ in range(n_turns):
        rig.say(400)
        rig.quiet(quiet_ms)
    return rig


def test_whole_turns_are_dropped_and_the_instructions_stay():
    heard = [f"turn number {n}" for n in range(6)]
    rig = Rig(*[[f"Answer {n}."] for n in range(6)], heard=heard, history_limit=HistoryLimit(max_turns=4))
    talk(rig, 6)
    assert rig.last_messages() == [
        ("system", "Be brief."), ("user", "turn number 3"), ("assistant", "Answer 3."),
        ("user", "turn number 4"), ("assistant", "Answer 4."), ("user", "turn number 5"),
    ]  # fmt: skip
    assert [message["role"] for message in rig.chat.prefilled[-1]["messages"]] != ["system"]


def test_a_turn_with_its_calls_and_results_goes_as_a_whole():
    history = History("Be brief.")
    history.add_assistant("Welcome!")
    for n in range(3):
        history.add_user(f"turn {n}")
        history.add_user("and more")
        history.add_assistant("Moment.", (Call("get_weather", {}, id=f"call_{n}"),))
        history.add_tool_output(f"call_{n}", "sunny")
        history.add_assistant("Sunny.")
    assert [len(turn) for turn in history.turns()] == [1, 5, 5, 5]
    history.drop_turns(2)
    messages = history.messages()
    assert [message["role"] for message in messages] == ["system"] + [
        "user",
        "user",
        "assistant",
        "tool",
        "assistant",
    ] * 2
    assert messages[1]["content"] == "turn 1"


def eight_turns(max_tokens: int) -> Prompts:
    """900 characters that were 90 tokens; the instructions take 10."""
    prompts = Prompts(SessionConfig(instructions="x" * 100, history_limit=HistoryLimit(max_tokens=max_tokens)))
    for n in range(8):
        prompts.history.add_user(f"{n}" * 50)
        prompts.history.add_assistant("y" * 50)
    prompts.measure(90)
    return prompts


def test_tokens_are_counted_at_the_models_own_rate():
    prompts = eight_turns(max_tokens=80)
    assert prompts.trim() is True, "90 tokens with 900 characters; the instructions take 10"
    assert len(prompts.history.turns()) == 4, "42 of the 70 that the instructions leave"


def test_interruptions_drop_no_more_than_the_limit_says():
    prompts = eight_turns(max_tokens=90)
    dropped = []
    for n in range(8):  # replies that are cut off tell no number of tokens
        n_chars = sum(len(message["content"]) for message in prompts.history.messages())
        dropped.append(prompts.trim())
        assert dropped[-1] == (n_chars > 900), "a tenth are tokens"
        prompts.history.add_user(f"{n}" * 90)
        prompts.history.add_assistant("y" * 10)
    assert dropped.count(True) == 2


def test_the_last_turn_is_never_dropped():
    limit = HistoryLimit(max_turns=1, max_tokens=1)
    assert limit.n_to_drop([1000], 1.0) == 0
    assert limit.n_to_drop([1000, 1000], 1.0) == 1
    assert HistoryLimit().n_to_drop([10] * 1000, 1.0) == 0
    with pytest.raises(InvalidArgumentError, match="max_turns"):
        HistoryLimit(max_turns=0)


def test_a_full_context_costs_old_turns_and_not_the_answer():
    refusals = [[TOO_LONG], [TOO_LONG]]
    rig = Rig(["One."], ["Two."], ["Three."], *refusals, ["Four."], heard=["one", "two", "three", "four"])
    talk(rig, 4)
    done = [event.response for event in rig.of(ResponseDone)]
    assert [response.status for response in done] == ["completed"] * 4
    assert rig.of(ItemDone)[-1].item.text.strip() == "Four."
    assert [text for role, text in rig.last_messages() if role == "user"] == ["three", "four"]


def test_more_messages_than_a_request_may_have_cost_old_turns_and_not_the_answer():
    refused = [BadRequestError("messages has 202 messages", code="too_big", param="messages")]
    rig = Rig(["One."], ["Two."], refused, refused, ["Three."], heard=["one", "two", "three"])
    talk(rig, 3)
    assert [event.response.status for event in rig.of(ResponseDone)] == ["completed"] * 3
    assert [text for role, text in rig.last_messages() if role == "user"] == ["two", "three"]


def test_a_long_conversation_stays_within_what_a_request_may_have():
    prompts = Prompts(SessionConfig())
    for n in range(500):
        prompts.history.add_user(f"question {n}")
        prompts.history.add_assistant("", (ToolCall(f"call_{n}", "get_weather", "{}"),))
        prompts.history.add_tool_output(f"call_{n}", "sunny")
        prompts.history.add_assistant("It is sunny.")
        prompts.trim()
        assert len(prompts.history.messages()) <= MAX_MESSAGES - 40
    assert prompts.history.messages()[-4]["content"] == "question 499"


def test_a_response_is_bounded_where_there_is_room():
    rig = Rig(["One."], [TOO_LONG], ["Two."], heard=["one", "two"])
    talk(rig, 2)
    assert [request.get("max_tokens") for request in rig.chat.requests] == [1024, 1024, None]
    users = [text for role, text in rig.last_messages() if role == "user"]
    assert users == ["one", "two"], "no turn was forgotten for it"


def test_a_single_turn_that_is_too_long_fails_and_the_session_lives():
    rig = Rig([TOO_LONG], [TOO_LONG], ["Two."], heard=["one", "two"])
    talk(rig, 2)
    failed, fine = (event.response for event in rig.of(ResponseDone))
    assert failed.status_details["error"]["code"] == "context_length_exceeded"
    assert fine.status == "completed"


def test_words_that_were_too_long_do_not_spoil_the_turns_after():
    rig = Rig([TOO_LONG], [TOO_LONG], [TOO_LONG], [TOO_LONG], ["Two."], heard=["one", "two"])
    talk(rig, 2)
    assert [event.response.status for event in rig.of(ResponseDone)] == ["failed", "completed"]
    assert [text for role, text in rig.last_messages() if role == "user"] == ["two"]


def test_the_context_stands_behind_the_users_words_and_is_no_history():
    times = iter(["It is 10:41.", "It is 10:42."])
    rig = Rig(
        [Call("get_weather", {})], ["Sunny."], ["Bye."],
        heard=["weather", "good bye"],
        tools={"get_weather": lambda: "sunny"},
        schemas=(TOOL,),
        dynamic_context=lambda: next(times),
    )  # fmt: skip
    talk(rig, 2, quiet_ms=3000)
    users = [
        [m["content"] for m in request["messages"] if m["role"] == "user"] for request in rig.chat.requests
    ]  # fmt: skip
    assert users == [
        ["weather\n\nIt is 10:41."], ["weather\n\nIt is 10:41."], ["weather", "good bye\n\nIt is 10:42."]
    ]  # fmt: skip


def test_a_model_that_falls_mute_fails_the_response_and_the_next_one_is_made():
    rig = Rig(["Well", Hang()], ["Hello."], heard=["hi there", "hi again"], mute_timeout_s=5)
    talk(rig, 1, quiet_ms=7000)
    failed = rig.of(ResponseDone)[0].response
    assert failed.status == "failed"
    assert failed.status_details["error"]["code"] == "response_timeout"
    assert rig.session.is_idle
    talk(rig, 1)
    assert rig.of(ResponseDone)[1].response.status == "completed"
    assert rig.of(ItemDone)[-1].item.text.strip() == "Hello."


def test_a_synthesiser_that_hangs_fails_the_response_and_the_next_one_is_made():
    rig = Rig(["One."], ["Two."], heard=["hi there", "hi again"], mute_timeout_s=5)
    rig.synthesizer.frame_ms = 60_000
    talk(rig, 1, quiet_ms=7000)
    rig.synthesizer.frame_ms = 10
    talk(rig, 1)
    assert [event.response.status for event in rig.of(ResponseDone)] == ["failed", "completed"]
    rig.quiet(60_000)
    assert len(rig.of(ResponseDone)) == 2
    rig.close()


def test_a_recogniser_that_hangs_fails_the_turn_and_the_next_one_is_heard():
    rig = Rig(["Hello."], heard=["lost words", "hi again"], mute_timeout_s=5)
    rig.recognizer.runtime, rig.recognizer.finish_ms = rig.runtime, 60_000
    talk(rig, 1, quiet_ms=7000)
    assert [event.error.code for event in rig.of(ErrorOccurred)] == ["internal_error"]
    assert rig.session.is_idle
    rig.recognizer.finish_ms = 0
    talk(rig, 1)
    assert [event.item.status for event in rig.of(ItemDone)] == ["incomplete", "completed", "completed"]


def test_a_long_answer_and_a_slow_tool_are_not_mute():
    runtimes = []
    rig = Rig(
        [" ".join(f"It is answer {i}." for i in range(40)), Call("get_weather", {})], ["Sunny."],
        heard=["weather"],
        tools={"get_weather": lambda: runtimes[0].sleep(8000) or "sunny"},
        schemas=(TOOL,),
        mute_timeout_s=2,
    )  # fmt: skip
    runtimes.append(rig.runtime)
    talk(rig, 1, quiet_ms=60_000)
    assert [event.response.status for event in rig.of(ResponseDone)] == ["completed", "completed"]
    assert len(rig.of(ToolReturned)) == 1


@pytest.mark.parametrize("frame_ms", [20, 500, 1000, 2000])
def test_long_frames_are_no_pauses(frame_ms):
    rig = Rig(["Playing."], heard=["play the blue train album"])
    for _ in range(4000 // frame_ms):
        rig.wait(frame_ms)
        rig.session.push(speech(frame_ms))
    rig.quiet(1500)
    assert [event.audio_end_ms for event in rig.of(SpeechStopped)] == [4000]


def test_audio_that_stops_arriving_is_silence_of_that_length():
    rig = Rig(["Playing."], heard=["play the blue train album"])
    rig.say(400)  # "play the": goes on for up to 800 ms of silence
    rig.wait(720)
    rig.say(400)
    rig.quiet(1500)
    assert [event.audio_start_ms for event in rig.of(SpeechStarted)] == [0]
    assert [event.audio_end_ms for event in rig.of(SpeechStopped)] == [400 + 720 + 400]


def test_audio_that_waits_for_a_busy_session_is_no_silence():
    rig = Rig(["Playing."], heard=["play the blue train album"])
    rig.say(400)
    rig.runtime.pass_busily(2000)
    rig.session.send(CancelResponse())  # taken before the audio that waits behind it
    rig.say(400)
    rig.quiet(1500)
    assert [event.audio_end_ms for event in rig.of(SpeechStopped)] == [800]


def test_audio_that_stopped_arriving_ends_the_turn():
    rig = Rig(["Playing."], heard=["play the"])
    rig.say(400)
    rig.wait(1500)
    (stopped,) = rig.of(SpeechStopped)
    assert stopped.audio_end_ms == 400 and stopped.time_ms == pytest.approx(400 + 800, abs=40)
    assert rig.of(ResponseDone)[0].response.status == "completed"


@pytest.mark.parametrize("error", [asyncio.CancelledError, GeneratorExit, KeyboardInterrupt])
@pytest.mark.parametrize("is_async", [False, True])
def test_a_tool_that_ends_in_any_exception_tells_the_model_at_once(error, is_async):
    def broken() -> str:
        raise error

    async def broken_later() -> str:
        raise error

    tools = {"get_weather": broken_later if is_async else broken}
    rig = talk(Rig([Call("get_weather", {})], ["Sorry."], heard=["weather"], tools=tools, schemas=(TOOL,)), 1)
    assert error.__name__ in rig.chat.requests[-1]["messages"][-1]["content"]
    assert rig.of(ToolReturned)[0].failed and len(rig.of(ResponseDone)) == 2
