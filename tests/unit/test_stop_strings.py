"""Stop strings where calls are looked for: they end what the client sees, and no call."""

from __future__ import annotations

import asyncio

import pytest

from electron_local.chat.reasoning import Reasoning, ReasoningDelta, ReasoningParser
from electron_local.chat.stop_strings import StopFound, StopParser
from electron_local.chat.tool_formats.hermes import HermesFormat
from electron_local.chat.tools import CallStarted, ContentDelta
from electron_local.client import AsyncElectron
from fakes import FakeEngine, FakeGeneration
from scripted_chat import STOP, TIMER, TOOLS, USER, client_of, create, joined, stream

WORDS = "One, two and three. " * 20


@pytest.mark.parametrize("stop", ["\n", "}", '"', "name", "<tool_call>", "tool_call", "set_timer", "</"])
@pytest.mark.parametrize("n_chars", [1, 7, 1000])
@pytest.mark.parametrize("lead", ["", "Let me see.\n"])
def test_the_text_of_a_call_is_no_content(stop, n_chars, lead):
    reply = lead + TIMER
    choice = create(client_of(reply, n_chars=n_chars), tools=TOOLS, stop=stop).choices[0]
    assert choice.finish_reason == "tool_calls" and choice.message.content == (lead.strip() or None)
    assert [call.function.arguments for call in choice.message.tool_calls] == ['{"minutes": 5}']
    message = joined(stream(client_of(reply, n_chars=n_chars), tools=TOOLS, stop=stop))
    assert (message["content"], len(message["tool_calls"])) == (lead.strip() or None, 1)


@pytest.mark.parametrize("n_chars", [1, 3, 1000])
@pytest.mark.parametrize("stop", [" and three", ["zebra", "two and"], ["e", "O"], "One"])
def test_content_ends_at_a_stop_string(n_chars, stop):
    """As without tools, where the engine finds it."""
    expected = create(client_of(WORDS, n_chars=n_chars), stop=stop).choices[0]
    client = client_of(WORDS, n_chars=n_chars)
    answer = create(client, tools=TOOLS, stop=stop)
    assert answer.choices[0].message.content == expected.message.content
    assert answer.choices[0].finish_reason == "stop"
    chunks = stream(client_of(WORDS, n_chars=n_chars), tools=TOOLS, stop=stop)
    assert (joined(chunks)["content"] or "") == expected.message.content
    assert chunks[-1].choices[0].finish_reason == "stop"
    generation = client.engine.generations[0]
    assert generation.cancelled and answer.usage.completion_tokens == generation.n_read < 60


class HastyGeneration(FakeGeneration):
    """Computes far ahead of its reader, as the engine does; a cancel comes too late."""

    def __iter__(self):
        self._events = iter(list(self._events))
        return self._events


@pytest.mark.parametrize("fields", [{"stop": " two"}, {"parallel_tool_calls": False}])
def test_what_is_computed_behind_the_end_is_not_counted(monkeypatch, fields):
    monkeypatch.setattr("fakes.FakeGeneration", HastyGeneration)
    reply = WORDS if "stop" in fields else TIMER + TIMER
    n_counted = len("One, two") if "stop" in fields else TIMER.rindex("}") + 1
    for streams in (False, True):
        client = client_of(reply, n_chars=1)
        if streams:
            usage = stream(client, tools=TOOLS, stream_options={"include_usage": True}, **fields)[-1].usage
        else:
            usage = create(client, tools=TOOLS, **fields).usage
        assert client.engine.generations[0].n_read > usage.completion_tokens == n_counted
        assert usage.total_tokens == usage.prompt_tokens + n_counted


def test_awaited_answers_stop_too():
    engine = FakeEngine([WORDS])
    asked = AsyncElectron(engine=engine).chat.completions.create(
        model="electron", messages=[USER], tools=TOOLS, stop=" two"
    )
    choice = asyncio.run(asked).choices[0]
    assert (choice.message.content, choice.finish_reason) == ("One,", "stop")
    assert engine.generations[0].cancelled


def test_without_calls_the_engine_stops():
    client = client_of(WORDS)
    create(client, stop=" two")
    create(client, stop=" two", tools=TOOLS, tool_choice="none")
    create(client, stop=" two", tools=TOOLS)
    assert [params.stop for params in client.engine.params] == [(" two",), (" two",), ()]


def test_what_only_begins_as_a_stop_string_comes_out():
    for reply in ("Well, three", "Well, thr"):
        choice = create(client_of(reply, n_chars=1), tools=TOOLS, stop="three.").choices[0]
        assert (choice.message.content, choice.finish_reason) == (reply, "stop")
    cut = create(client_of("Well, three.", n_chars=1), tools=TOOLS, stop="three.", max_tokens=8).choices[0]
    assert (cut.message.content, cut.finish_reason) == ("Well, th", "length")


def test_a_stop_string_behind_a_call():
    """What was held comes out before the call, and is not forgotten behind it."""
    choice = create(client_of("Say: en" + TIMER + "d of it"), tools=TOOLS, stop="end").choices[0]
    assert (choice.message.content, choice.finish_reason) == ("Say: en", "tool_calls")
    chunks = stream(client_of("Say: en" + STOP + " and the end of it", n_chars=1), tools=TOOLS, stop=" the")
    assert joined(chunks)["content"] == "Say: en and" and len(joined(chunks)["tool_calls"]) == 1


def test_log_probabilities_end_with_the_content():
    answer = create(client_of("One, two", n_chars=1), tools=TOOLS, stop=", t", logprobs=True)
    assert answer.choices[0].message.content == "One" and len(answer.choices[0].logprobs.content) == 3


@pytest.mark.parametrize("stops", [["abc", "b"], ["c", "bca"], ["aab", "ba"], ["aa"], ["b\nc", "\n\n"]])
@pytest.mark.parametrize("text", ["xabcab", "aaabca", "ab\nc", "a \n\nb", "bcbca"])
def test_any_cutting_gives_the_same(stops, text):
    found = set()
    for cut in range(len(text)):
        for end in range(cut, len(text) + 1):
            parser = StopParser(HermesFormat().parser(["stop"], hold=False), stops)
            events = []
            for piece in (text[:cut], text[cut:end], text[end:]):
                events += [] if StopFound() in events else parser.push(piece)
            events += [] if StopFound() in events else parser.finish(truncated=False)
            found.add("".join(event.text for event in events if isinstance(event, ContentDelta)))
    (content,) = found
    assert not any(stop in content for stop in stops)


def test_thoughts_are_no_content():
    marks = Reasoning("<think>", "</think>")
    parser = StopParser(ReasoningParser(marks, calls=HermesFormat().parser(["stop"], hold=False)), ["end"])
    events = parser.push(f"<think>\nNo end.\n</think>\n{STOP}The end.")
    kinds = [type(event) for event in events]
    assert kinds[0] is ReasoningDelta and kinds[-2:] == [ContentDelta, StopFound] and CallStarted in kinds
    assert events[-2].text == "The "
