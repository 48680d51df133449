"""What the language model is shown, and what was heard of a reply."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from electron_local.voice.history import History, SpokenPiece, ToolCall, heard_text

PIECES = [SpokenPiece("One two.", 80), SpokenPiece(" Three four five.", 160)]


@pytest.mark.parametrize(
    ("n_played", "heard"),
    [(0, ""), (29, ""), (30, "One"), (80, "One two."), (150, "One two. Three"), (240, "One two. Three four five.")],
)
def test_heard_is_whole_words(n_played, heard):
    assert heard_text(PIECES, n_played) == heard


@given(st.integers(0, 400), st.integers(0, 100))
def test_more_time_is_never_less_text(n_played, n_more):
    less, more = heard_text(PIECES, n_played), heard_text(PIECES, n_played + n_more)
    assert more.startswith(less)


def test_an_unheard_reply_leaves_no_message():
    history = History("Be brief.")
    history.add_assistant(" ")
    assert [message["role"] for message in history.messages()] == ["system"]


def test_calls_and_outputs_are_messages():
    history = History("Be brief.")
    history.add_assistant("", (ToolCall("call_1", "stop", "{}"),))
    history.add_tool_output("call_1", "done")
    call = {"id": "call_1", "type": "function", "function": {"name": "stop", "arguments": "{}"}}
    assert history.messages()[1:] == [
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": "done"},
    ]


TIMED = SpokenPiece("One, two  three.", 400, (("One", 100), ("two", 150), ("three", 390)))


@pytest.mark.parametrize(
    ("n_played", "heard"),
    [(0, ""), (99, ""), (100, "One"), (149, "One"), (150, "One, two"), (389, "One, two"), (390, "One, two  three"),
     (400, "One, two  three.")],
)  # fmt: skip
def test_what_was_heard_is_exact_where_the_words_have_times(n_played, heard):
    assert heard_text([TIMED], n_played) == heard


def test_words_that_are_not_in_the_text_leave_it_to_proportion():
    numbers = SpokenPiece("It is 21 degrees now.", 400, (("It", 50), ("is", 90), ("twenty", 150), ("one", 200)))
    assert heard_text([numbers], 300) == heard_text([SpokenPiece(numbers.text, 400)], 300) == "It is 21"
