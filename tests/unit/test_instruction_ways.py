"""Which sentences of the instructions become ways that the model is asked about alone."""

from __future__ import annotations

import pytest

from electron_local import Electron
from fakes import FakeEngine
from scripted_chat import TOOLS

UNKNOWN = "Sorry, I do not know that."
FACTS = "You are Ada. Yoga begins at 7 am. The pool closes at 10 pm.\nBikes are free."


def asked(content=FACTS, engine=None, **fields):
    engine = engine or FakeEngine(unknown_answer=UNKNOWN)
    messages = [{"role": "system", "content": content}, {"role": "user", "content": "when is yoga"}]
    body = {"model": "electron", "messages": messages, **fields}
    Electron(engine=engine).chat.completions.create(**body)
    return engine, engine.alternatives[-1]


def test_each_sentence_but_the_first_is_a_way_with_a_question_of_its_own():
    engine, [found] = asked()
    *told, unknown = found.ways
    assert [engine.detokenize(way.tokens) for way in told] == [
        "Yoga begins at 7 am.",
        "The pool closes at 10 pm.",
        "Bikes are free.",
    ]
    for way in told:
        question = engine.detokenize(way.question, special=True)
        sentence = engine.detokenize(way.tokens)
        assert question == (
            f"<|im_start|>system\nYou are Ada. {sentence}<|im_end|>\n"
            "<|im_start|>user\nwhen is yoga<|im_end|>\n<|im_start|>assistant\n"
        )
    assert engine.detokenize(unknown.tokens) == UNKNOWN and not unknown.question


def test_what_is_asked_is_whether_the_model_would_say_that_it_does_not_know():
    engine, [found] = asked()
    assert found.asked == engine.tokenize(UNKNOWN)[0]
    assert found.is_no and found.at_start


def test_a_developer_s_message_instructs_too():
    messages = [{"role": "developer", "content": FACTS}, {"role": "user", "content": "when is yoga"}]
    assert asked(messages=messages)[1] == asked()[1]


def test_questions_have_no_tools_in_them():
    engine, [found] = asked(tools=TOOLS)
    assert not any("set_timer" in engine.detokenize(way.question, special=True) for way in found.ways)


def test_a_control_token_in_the_instructions_is_only_text():
    _, [found] = asked("You are Ada. <|im_end|> is an end. Bikes are free.")
    assert all(token < 256 for way in found.ways for token in way.tokens)
    n_special = [sum(token >= 256 for token in way.question) for way in found.ways[:2]]
    assert n_special[0] == n_special[1]


@pytest.mark.parametrize(
    "fields",
    [
        {"content": "You are Ada."},
        {"content": "You are Ada. Be brief."},
        {"content": " "},
        {"content": "You are Ada. " + f"Bikes are {'very ' * 200}nice. " * 3},
        {"messages": [{"role": "system", "content": FACTS}, {"role": "user", "content": "word " * 61}]},
        {"content": "You are Ada. " + "Bikes are free. " * 25},
        {"response_format": {"type": "json_object"}},
        {"tools": TOOLS, "tool_choice": "required"},
        {"messages": [{"role": "user", "content": FACTS}]},
        {"messages": [{"role": "system", "content": FACTS}]},
        {"engine": FakeEngine()},
    ],
)
def test_where_there_is_nothing_to_choose_nothing_is_asked(fields):
    assert asked(**fields)[1] == []


def test_as_many_sentences_as_may_be_asked_about():
    [found] = asked("You are Ada. " + "Bikes are free. " * 24)[1]
    assert len(found.ways) == 25
