"""Tool calls on the chat path over a scripted engine: parsed, streamed, limited, forbidden."""

from __future__ import annotations

import pytest

from scripted_chat import STOP, TIMER, TOOLS, client_of, create, joined, stream


@pytest.mark.parametrize("n_chars", [1, 2, 7, 1000])
@pytest.mark.parametrize("filler", ["", "Let me see.\n"])
def test_tool_calls(n_chars, filler):
    reply = filler + TIMER + "\n" + STOP
    choice = create(client_of(reply, n_chars=n_chars), tools=TOOLS).choices[0]
    assert choice.finish_reason == "tool_calls" and choice.message.content == (filler.strip() or None)
    calls = choice.message.tool_calls
    assert [(call.function.name, call.function.arguments) for call in calls] == [
        ("set_timer", '{"minutes": 5}'),
        ("stop", "{}"),
    ]
    assert len({call.id for call in calls}) == 2 and calls[0].type == "function"
    chunks = stream(client_of(reply, n_chars=n_chars), tools=TOOLS)
    message = joined(chunks)
    assert [(call["name"], call["arguments"]) for call in message["tool_calls"]] == [
        ("set_timer", '{"minutes": 5}'),
        ("stop", "{}"),
    ]
    assert message["content"] == (filler.strip() or None) and chunks[-1].choices[0].finish_reason == "tool_calls"
    n_content = sum(1 for chunk in chunks if chunk.choices[0].delta.content)
    assert all(chunk.choices[0].delta.tool_calls is None for chunk in chunks[: n_content + 1])


def test_a_call_goes_out_as_name_first_then_arguments():
    deltas = [chunk.choices[0].delta.model_dump(exclude_unset=True) for chunk in stream(client_of(TIMER), tools=TOOLS)]
    assert deltas[0] == {"role": "assistant"}
    (first,), *rest = (delta["tool_calls"] for delta in deltas[1:] if "tool_calls" in delta)
    assert first["function"] == {"name": "set_timer", "arguments": ""}
    assert set(first) == {"index", "id", "type", "function"}
    for (delta,) in rest:
        assert set(delta) == {"index", "function"} and set(delta["function"]) == {"arguments"}
    assert "".join(delta["function"]["arguments"] for (delta,) in rest) == '{"minutes": 5}'
    assert deltas[-1] == {}


def test_one_call_when_parallel_calls_are_off():
    client = client_of(TIMER + STOP + "x" * 500)
    choice = create(client, tools=TOOLS, parallel_tool_calls=False).choices[0]
    assert len(choice.message.tool_calls) == 1 and choice.finish_reason == "tool_calls"
    assert client.engine.generations[0].cancelled and client.engine.generations[0].n_read < 60


def test_length_inside_a_call():
    choice = create(client_of("Sure.\n" + TIMER), tools=TOOLS, max_tokens=15).choices[0]
    assert (choice.finish_reason, choice.message.content, choice.message.tool_calls) == ("length", "Sure.", None)
    chunks = stream(client_of("Sure.\n" + TIMER), tools=TOOLS, max_tokens=15)
    assert chunks[-1].choices[0].finish_reason == "length" and joined(chunks)["tool_calls"] == []


def test_a_broken_call_is_content():
    broken = TIMER.replace("set_timer", "fly")
    choice = create(client_of(broken), tools=TOOLS).choices[0]
    assert (choice.finish_reason, choice.message.content, choice.message.tool_calls) == ("stop", broken, None)


def test_without_tools_nothing_is_parsed():
    assert create(client_of(TIMER)).choices[0].message.content == TIMER


def test_tool_choice_none_forbids_the_marker_and_keeps_the_prompt():
    client = client_of("No.")
    create(client, tools=TOOLS, tool_choice="none")
    create(client, tools=TOOLS)
    engine = client.engine
    assert engine.params[0].logit_bias == {engine.tokenize("<tool_call>")[0]: -100.0}
    assert engine.prompts[0] == engine.prompts[1] and engine.params[1].logit_bias == {}


def test_a_template_without_tools_has_them_prompted_for():
    client = client_of(TIMER, chat_template="{% for m in messages %}[{{ m.role }}] {{ m.content }}{% endfor %}")
    (call,) = create(client, tools=TOOLS).choices[0].message.tool_calls
    assert (call.function.name, call.function.arguments) == ("set_timer", '{"minutes": 5}')
    prompt = client.engine.detokenize(client.engine.prompts[0], special=True)
    assert prompt.startswith("[system] ") and '{"name": "set_timer"' in prompt and prompt.endswith("[user] Hello")
    create(client)
    assert client.engine.detokenize(client.engine.prompts[1], special=True) == "[user] Hello"


def test_logprobs_of_the_content_alone():
    choice = create(client_of("Sure.\n" + TIMER, n_chars=1), tools=TOOLS, logprobs=True, top_logprobs=2).choices[0]
    assert len(choice.logprobs.content) == len("Sure.") and len(choice.message.tool_calls) == 1
    assert [len(each.top_logprobs) for each in choice.logprobs.content] == [2] * 5
    (choice,) = create(client_of(TIMER), tools=TOOLS, logprobs=True).choices
    assert choice.logprobs.content == [] and choice.message.tool_calls
    (choice,) = create(client_of("Hi."), logprobs=True).choices
    assert choice.logprobs.content[0].logprob == -0.5 and choice.logprobs.content[0].top_logprobs == []


@pytest.mark.parametrize("tools", [None, TOOLS], ids=["", "tools"])
def test_logprobs_of_content_that_a_stop_string_leaves_empty(tools):
    (choice,) = create(client_of("Hi."), tools=tools, logprobs=True, stop="Hi").choices
    assert (choice.message.content, choice.logprobs.content) == ("", [])
    assert create(client_of("Hi."), tools=tools, stop="Hi").choices[0].logprobs is None
