"""Thoughts out of the content: every mark, every chunking, also when the prompt has opened them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from electron_local.chat.reasoning import Reasoning, ReasoningDelta, ReasoningParser, detect_reasoning
from electron_local.chat.tool_formats.hermes import HermesFormat
from electron_local.chat.tools import CallStarted, ContentDelta
from electron_local.client import Electron
from fakes import FakeEngine

THINK = Reasoning("<think>", "</think>")
STOP = '<tool_call>\n{"name": "stop", "arguments": {}}\n</tool_call>'
USER = {"role": "user", "content": "Hello"}
TOOLS = [{"type": "function", "function": {"name": "stop", "parameters": {}}}]
# As Qwen3 (the model thinks by itself), and as R1 (the prompt begins to think).
BODY = "{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}{# <tool_call> </think> #}{{ tools or '' }}"
OPENED = BODY + "[assistant]<think>\n"


def read(pieces, *, is_inside=False, truncated=False):
    parser = ReasoningParser(THINK, is_inside=is_inside, calls=HermesFormat().parser(["stop"], hold=True))
    events = [event for piece in pieces for event in parser.push(piece)] + parser.finish(truncated=truncated)
    thoughts = "".join(event.text for event in events if isinstance(event, ReasoningDelta))
    content = "".join(event.text for event in events if isinstance(event, ContentDelta))
    return thoughts, content, sum(isinstance(event, CallStarted) for event in events)


CASES = [
    ("Hello.", False, ("", "Hello.", 0)),
    ("", False, ("", "", 0)),
    ("<think>\nHm.\n\nSo.\n</think>\n\nYes. ", False, ("Hm.\n\nSo.", "Yes. ", 0)),
    ("\n<think></think>Yes.", False, ("", "Yes.", 0)),
    ("<thin air", False, ("", "<thin air", 0)),
    ("I <think> so</think>", False, ("", "I <think> so</think>", 0)),
    ("Hm.\n</think>\n" + STOP, True, ("Hm.", "", 1)),
    ("<think>\nHm.</think>Sure." + STOP, True, ("Hm.", "Sure.", 1)),
    ("I might write " + STOP + "</think>No.", True, ("I might write " + STOP, "No.", 0)),
    ("Hm. It goes on </thi", True, ("Hm. It goes on </thi", "", 0)),
]


@pytest.mark.parametrize(("text", "is_inside", "expected"), CASES)
def test_whole_and_by_character(text, is_inside, expected):
    assert read([text], is_inside=is_inside) == expected
    assert read(text, is_inside=is_inside) == expected


@given(st.sampled_from(CASES), st.lists(st.integers(1, 9), min_size=1), st.booleans())
def test_any_chunking_gives_the_same(case, sizes, truncated):
    text, is_inside, _ = case
    pieces, rest, i = [], text, 0
    while rest:
        size = sizes[i % len(sizes)]
        pieces, rest, i = [*pieces, rest[:size]], rest[size:], i + 1
    whole = read([text], is_inside=is_inside, truncated=truncated)
    assert read(pieces, is_inside=is_inside, truncated=truncated) == whole


def test_marks_of_real_templates(shared_data):
    found = {path.stem: detect_reasoning(path.read_text()) for path in (shared_data / "templates").glob("*.jinja")}
    assert found["Qwen-Qwen3-0.6B"] == found["llama-cpp-deepseek-r1"] == THINK
    assert found["mistralai-Ministral-3-14B-Reasoning-2512"].open == "[THINK]"
    assert found["google-gemma-4-31B-it"].close == "<channel|>"
    assert found["meta-llama-Llama-3.2-3B-Instruct"] is None


def ask(template, reply, **fields):
    client = Electron(engine=FakeEngine([reply], chat_template=template))
    return client, client.chat.completions.create(model="electron", messages=[USER], **fields)


@pytest.mark.parametrize(
    ("template", "reply"), [(BODY, "<think>\nHm.\n</think>\n\nYes."), (OPENED, "Hm.\n</think>\n\nYes.")]
)
def test_an_answers_thoughts(template, reply):
    message = ask(template, reply)[1].choices[0].message
    assert (message.reasoning_content, message.content) == ("Hm.", "Yes.")
    assert message.model_dump(exclude_unset=True)["reasoning_content"] == "Hm."
    deltas = [chunk.choices[0].delta for chunk in ask(template, reply, stream=True)[1]]
    assert "".join(delta.reasoning_content or "" for delta in deltas) == "Hm."
    assert "".join(delta.content or "" for delta in deltas) == "Yes."
    assert [delta.role for delta in deltas] == ["assistant"] + [None] * (len(deltas) - 1)


def test_thoughts_go_back_as_they_came():
    client, answer = ask(
        BODY.replace("{{ m.content }}", "{{ m.content }}({{ m.reasoning_content }})"), "<think>A</think>B"
    )
    client.chat.completions.create(model="electron", messages=[USER, answer.choices[0].message, USER])
    assert "[assistant]B(A)" in client.engine.detokenize(client.engine.prompts[1])


@pytest.mark.parametrize("fields", [{}, {"tools": TOOLS}])
def test_a_stop_string_counts_in_what_is_said_alone(fields):
    choice = ask(OPENED, "One. Two.\n</think>\n\nOne. Two.", stop=" T", **fields)[1].choices[0]
    assert (choice.message.reasoning_content, choice.message.content) == ("One. Two.", "One.")
    assert choice.finish_reason == "stop"


def test_an_answer_without_thoughts_has_no_such_field():
    message = ask(BODY, "Yes.")[1].choices[0].message
    assert message.reasoning_content is None and "reasoning_content" not in message.model_dump(exclude_unset=True)


def test_a_call_behind_thoughts():
    choice = ask(OPENED, "Hm.\n</think>\n" + STOP, tools=TOOLS)[1].choices[0]
    assert choice.finish_reason == "tool_calls" and choice.message.tool_calls[0].function.name == "stop"
    assert (choice.message.reasoning_content, choice.message.content) == ("Hm.", None)


@pytest.mark.parametrize(
    "fields", [{"tools": TOOLS, "tool_choice": "required"}, {"response_format": {"type": "json_object"}}]
)
def test_a_grammar_for_the_whole_answer_waits_for_the_end_of_the_thoughts(fields):
    client, _ = ask(OPENED, "Hm.</think>" + STOP, **fields)
    constraint = client.engine.constraints[0]
    assert (constraint.marker, constraint.n_least, constraint.n_most) == ("</think>", 1, 1)
    client, _ = ask(BODY, STOP, **fields)
    assert client.engine.constraints[0].marker is None


@pytest.mark.parametrize(("template", "is_inside"), [(BODY, False), (OPENED, True)])
def test_a_marker_in_thoughts_starts_no_grammar(template, is_inside):
    client, _ = ask(template, "Hello.", tools=TOOLS)
    constraint = client.engine.constraints[0]
    assert (constraint.span, constraint.is_in_span) == (("<think>", "</think>"), is_inside)
    assert constraint.marker == "<tool_call>"
