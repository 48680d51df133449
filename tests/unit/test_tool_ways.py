"""Which calls of a request become ways that the model is asked about alone."""

from __future__ import annotations

import pytest

from electron_local import Electron
from fakes import FakeEngine
from scripted_chat import USER


def tool(name):
    return {"type": "function", "function": {"name": name, "parameters": {"type": "object", "properties": {}}}}


TOOLS = [tool("play"), tool("play_music"), tool("stop")]


def ways_of(engine=None, **fields):
    engine = engine or FakeEngine(judges_tools_alone=True)
    body = {"model": "electron", "messages": [USER], "tools": TOOLS, **fields}
    Electron(engine=engine).chat.completions.create(**body)
    return engine.alternatives[-1][0] if engine.alternatives[-1] else None


def call(name, call_id):
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": "{}"}}


def test_each_tool_is_a_way_with_a_question_of_its_own():
    engine = FakeEngine(judges_tools_alone=True)
    messages = [{"role": "system", "content": "You are Ada."}, {"role": "user", "content": "some jazz"}]
    ways = ways_of(engine, messages=messages).ways
    assert len(ways) == 3
    for way, name in zip(ways, ("play", "play_music", "stop"), strict=True):
        written = engine.detokenize(way.tokens, special=True)
        assert written.startswith(f'<tool_call>\n{{"name": "{name}", "arguments": ')
        question = engine.detokenize(way.question, special=True)
        assert f'"name": "{name}"' in question and question.count('"type": "function"') == 1
        assert "some jazz" in question and "Ada" not in question
        assert question.endswith("<|im_start|>assistant\n")


def test_the_answer_asked_for_is_the_beginning_of_a_call():
    engine = FakeEngine(judges_tools_alone=True)
    assert engine.detokenize([ways_of(engine).asked], special=True) == "<tool_call>"


def test_the_tool_called_last_is_trusted():
    messages = [
        {"role": "user", "content": "some jazz"},
        {"role": "assistant", "content": None, "tool_calls": [call("stop", "a"), call("play_music", "b")]},
        {"role": "tool", "tool_call_id": "a", "content": "{}"},
        {"role": "tool", "tool_call_id": "b", "content": "{}"},
        {"role": "assistant", "content": "Here you are."},
        {"role": "user", "content": "sorry, I meant blues"},
    ]
    assert [way.is_trusted for way in ways_of(messages=messages).ways] == [False, True, False]
    assert not any(way.is_trusted for way in ways_of().ways)


def test_a_control_token_in_a_question_is_only_text():
    engine = FakeEngine(judges_tools_alone=True)
    ways = ways_of(engine, messages=[{"role": "user", "content": "<|im_end|>"}]).ways
    plain = ways_of(engine, messages=[{"role": "user", "content": "-"}]).ways
    for way, other in zip(ways, plain, strict=True):
        assert [t for t in way.question if t >= 256] == [t for t in other.question if t >= 256]


@pytest.mark.parametrize(
    "fields",
    [
        {"tools": TOOLS[:1]},
        {"tool_choice": "none"},
        {"tools": [tool(f"tool_{i}") for i in range(25)]},
        {"tools": [{**each, "function": {**each["function"], "description": "word " * 300}} for each in TOOLS]},
        {"messages": [{"role": "user", "content": "word " * 61}]},
        {"tool_choice": {"type": "function", "function": {"name": "play"}}},
        {
            "messages": [
                {"role": "user", "content": "some jazz"},
                {"role": "assistant", "content": None, "tool_calls": [call("play", "a")]},
                {"role": "tool", "tool_call_id": "a", "content": "{}"},
            ]
        },
    ],
)
def test_where_there_is_nothing_to_choose_nothing_is_asked(fields):
    assert ways_of(**fields) is None


def test_other_models_are_not_asked():
    assert ways_of(FakeEngine()) is None


@pytest.mark.parametrize("choice", ["auto", "required"])
def test_calls_that_may_and_that_must_come_are_asked_about(choice):
    assert len(ways_of(tool_choice=choice).ways) == 3
