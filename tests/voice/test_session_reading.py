"""What the model reads before it is asked, in virtual time: instructions, partial transcripts, frames of results."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from conversation_rig import TOOL, Rig

from electron_local.voice import EarlyWork, EndOfTurn, TurnSettings
from electron_local.voice.events import ItemDone, ResponseDone, ToolReturned, TranscriptCompleted, WarningIssued
from voice_fakes import Call

AHEAD = TurnSettings(
    EndOfTurn(soft_end_ms=200, sure_end_ms=300, finished_end_ms=400, hard_end_ms=800, min_speech_ms=100)
)
SAID = "what is the weather in rome"


def read_words(rig: Rig) -> list[str]:
    return [job["messages"][-1]["content"] for job in rig.chat.prefilled if job["messages"][-1]["role"] == "user"]


def spoken(**config) -> Rig:
    rig = Rig(["It is sunny today, and warm. More tomorrow."], heard=[SAID], turn=AHEAD, **config)
    rig.chat.prefill_usage = SimpleNamespace(prompt_tokens=30, prompt_tokens_details=SimpleNamespace(cached_tokens=26))
    rig.say(1200)
    rig.quiet(5000)
    return rig


def test_the_words_that_two_partials_agree_on_are_read_as_they_come():
    rig = spoken()
    assert read_words(rig) == ["what", "what is", "what is the", "what is the weather", "what is the weather in"]
    jobs = rig.chat.prefilled
    assert len({job["conversation"] for job in jobs[1:]}) == 1
    assert [job.get("pin", True) for job in jobs] == [True] + [False] * 5
    ledger = rig.of(ResponseDone)[0].ledger
    assert ledger.read_ahead_tokens == 5 * 4


def test_a_correction_is_read_only_up_to_where_it_is_certain():
    rig = Rig(["Yes."], heard=[SAID], turn=AHEAD)
    rig.recognizer.corrections = {3: "what is a", 4: "watt is"}
    rig.say(1200)
    rig.quiet(2000)
    assert read_words(rig) == ["what", "what is", "what is the weather in"]


def test_a_reader_that_falls_behind_reads_only_the_latest():
    rig = Rig(["Yes."], heard=[SAID], turn=AHEAD)
    rig.chat.prefill_ms = 400.0
    rig.wait(500)
    rig.say(1200)
    rig.quiet(3000)
    assert read_words(rig) == ["what", "what is the", "what is the weather in"]
    assert rig.of(ResponseDone)[0].response.status == "completed"


def test_what_waits_to_be_read_is_not_in_the_way_of_the_reply():
    rig = Rig(["Yes."], heard=["weather rome"], turn=AHEAD)
    rig.chat.prefill_ms = 30.0
    rig.wait(100)
    rig.say(300)
    rig.quiet(3000)
    slow = rig.of(ResponseDone)[0].ledger
    assert slow.first_token_wait_ms <= 60


@pytest.mark.parametrize("part", ["read_instructions", "read_partials", "speak_first_clause"])
def test_each_part_can_be_off_and_what_is_said_stays_the_same(part):
    on, off = spoken(), spoken(early=EarlyWork(**{part: False}))
    assert on.of(ItemDone)[-1].item.text == off.of(ItemDone)[-1].item.text
    assert on.wire() == off.wire()
    assert on.chat.requests == off.chat.requests
    assert on.of(TranscriptCompleted)[0].text == off.of(TranscriptCompleted)[0].text
    if part == "read_instructions":
        assert len(off.chat.prefilled) == len(on.chat.prefilled) - 1
    elif part == "read_partials":
        assert read_words(off) == []
        assert off.of(ResponseDone)[0].ledger.read_ahead_tokens == 0
    else:
        assert (on.synthesizer.texts[0], off.synthesizer.texts[0]) == (
            "It is sunny today,",
            "It is sunny today, and warm.",
        )


def weather_turn(tool_ms: float, filler: tuple[str, ...] | list[str] = ("Let me see.",), **config) -> Rig:
    runtimes = []

    def slow(city: str) -> str:
        runtimes[0].sleep(tool_ms)
        return f"sunny in {city}"

    rig = Rig(
        [*filler, Call("get_weather", {"city": "Rome"})],
        ["Sunny."],
        heard=[SAID],
        tools={"get_weather": slow},
        schemas=(TOOL,),
        **config,
    )
    runtimes.append(rig.runtime)
    rig.say(1200)
    rig.quiet(4000)
    return rig


def test_the_frame_of_a_tools_result_is_read_while_the_tool_runs():
    rig = weather_turn(600)
    read = rig.chat.prefilled[-1]["messages"]
    assert [message["role"] for message in read[-2:]] == ["assistant", "tool"]
    assert read[-2]["content"] == "Let me see."
    assert read[-1]["content"] == ""
    asked = rig.chat.requests[-1]["messages"]
    assert asked[:-1] == read[:-1]
    assert asked[-1] == {**read[-1], "content": "sunny in Rome"}
    assert len(rig.of(ToolReturned)) == 1


def test_a_result_that_is_there_is_read_while_the_filler_plays():
    rig = weather_turn(0)
    assert rig.chat.prefilled[-1]["messages"] == rig.chat.requests[-1]["messages"]


def test_a_tool_that_returns_at_once_and_has_no_filler_leaves_nothing_to_read():
    rig = weather_turn(0, filler=[])
    assert all(job["messages"][-1]["role"] != "tool" for job in rig.chat.prefilled)


def test_the_narration_is_not_read_when_that_is_off():
    on, off = weather_turn(600), weather_turn(600, early=EarlyWork(read_narration=False))
    assert all(job["messages"][-1]["role"] != "tool" for job in off.chat.prefilled)
    assert on.of(ItemDone)[-1].item.text == off.of(ItemDone)[-1].item.text


def test_reading_that_fails_is_given_up_with_one_warning():
    rig = Rig(["Yes."], ["Yes."], heard=[SAID, SAID], turn=AHEAD)
    rig.chat.prefill_error = RuntimeError("no room")
    for _ in range(2):
        rig.say(1200)
        rig.quiet(2000)
    assert [event.code for event in rig.of(WarningIssued)] == ["prefill_failed"]
    assert len(rig.of(ResponseDone)) == 2
