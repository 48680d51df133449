"""Tool calls out of a model's text."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from electron_local.chat.tool_formats.hermes import HermesFormat
from electron_local.chat.tool_formats.json_call import parse_call
from electron_local.chat.tools import ArgumentsDelta, CallEnded, CallStarted, ContentDelta

NAMES = ["set_timer", "stop"]
TIMER = '<tool_call>\n{"name": "set_timer", "arguments": {"minutes": 5}}\n</tool_call>'
STOP = '<tool_call>\n{"name": "stop", "arguments": {}}\n</tool_call>'
CUT = '<tool_call>\n{"name": "set_timer", "arguments": {"min'


def read(pieces, *, hold=True, truncated=False):
    """Content, calls as [name, arguments, ended], in the order they began."""
    parser = HermesFormat().parser(NAMES, hold=hold)
    events = [event for piece in pieces for event in parser.push(piece)] + parser.finish(truncated=truncated)
    content, calls, ids = "", [], set()
    for event in events:
        match event:
            case ContentDelta(text):
                assert text
                content += text
            case CallStarted(index, call_id, name):
                assert index == len(calls)
                assert call_id.startswith("call_") and call_id not in ids
                ids.add(call_id)
                calls.append([name, "", False])
            case ArgumentsDelta(index, text):
                assert index == len(calls) - 1 and not calls[index][2]
                calls[index][1] += text
            case CallEnded(index):
                json.loads(calls[index][1])
                calls[index][2] = True
    return content, calls


CASES = [
    ("Hello.", "Hello.", []),
    ("", "", []),
    (" \n", " \n", []),
    (TIMER, "", [["set_timer", '{"minutes": 5}', True]]),
    ("Sure.\n" + TIMER, "Sure.", [["set_timer", '{"minutes": 5}', True]]),
    (TIMER + "\n" + STOP + "\n", "", [["set_timer", '{"minutes": 5}', True], ["stop", "{}", True]]),
    (TIMER + STOP, "", [["set_timer", '{"minutes": 5}', True], ["stop", "{}", True]]),
    (TIMER + "\n Done. ", "\n Done. ", [["set_timer", '{"minutes": 5}', True]]),
    ('<tool_call>{"name":"stop","arguments":{}}', "", [["stop", "{}", True]]),
    ('<tool_call>{"name":"stop","arguments":{}}' + STOP, "", [["stop", "{}", True], ["stop", "{}", True]]),
    ('<tool_call>{"name":"stop","arguments":{}}</tool', "", [["stop", "{}", True]]),
    ('<tool_call> { "arguments" : {"a": 1} , "name" : "stop" } </tool_call>', "", [["stop", '{"a": 1}', True]]),
    ('<tool_call>{"name": "stop", "parameters": {"a": 1}}</tool_call>', "", [["stop", '{"a": 1}', True]]),
    ('<tool_call>{"name": "stop", "arguments": "{\\"a\\": 1}"}</tool_call>', "", [["stop", '{"a": 1}', True]]),
    (
        '<tool_call>{"name": "stop", "arguments": {"t": "</tool_call> \\" } é"}}</tool_call>',
        "",
        [["stop", '{"t": "</tool_call> \\" } é"}', True]],
    ),
    ("a < b <tool", "a < b <tool", []),
    ("a <tool_cal b", "a <tool_cal b", []),
    ("<tool_call>\nnot json\n</tool_call>", "<tool_call>\nnot json\n</tool_call>", []),
    ("<tool_call>" + TIMER, "<tool_call>", [["set_timer", '{"minutes": 5}', True]]),
    (
        'Hm. <tool_call>{"name": "fly", "arguments": {}}</tool_call>',
        'Hm. <tool_call>{"name": "fly", "arguments": {}}</tool_call>',
        [],
    ),
    ('<tool_call>{"name": "stop", "arguments": [1]}', '<tool_call>{"name": "stop", "arguments": [1]}', []),
    (
        '<tool_call>{"name": "stop", "arguments": {"a": NaN}}',
        '<tool_call>{"name": "stop", "arguments": {"a": NaN}}',
        [],
    ),
    ('<tool_call>{"name": "stop", "arguments": {"a": 1,}}', '<tool_call>{"name": "stop", "arguments": {"a": 1,}}', []),
    ('<tool_call>{"name": "st\nop"}', '<tool_call>{"name": "st\nop"}', []),
    ("<tool_call>[1]", "<tool_call>[1]", []),
    (CUT, CUT, []),
    ("Sure. " + CUT, "Sure. " + CUT, []),
]


@pytest.mark.parametrize(("text", "content", "calls"), CASES)
def test_whole_and_by_character(text, content, calls):
    assert read([text]) == (content, calls)
    assert read(text) == (content, calls)


FRAGMENTS = st.sampled_from(
    [TIMER, STOP, CUT, "<tool_call>", "</tool_call>", "\n", " ", "Sure.", "{", "}", '"', "<", "é", '{"name": "stop"}']
)


@given(
    st.lists(FRAGMENTS, max_size=6).map("".join), st.lists(st.integers(1, 9), min_size=1), st.booleans(), st.booleans()
)
def test_any_chunking_gives_the_same(text, sizes, hold, truncated):
    pieces, rest, i = [], text, 0
    while rest:
        size = sizes[i % len(sizes)]
        pieces, rest, i = [*pieces, rest[:size]], rest[size:], i + 1
    assert read(pieces, hold=hold, truncated=truncated) == read([text], hold=hold, truncated=truncated)


@pytest.mark.parametrize(
    ("text", "content", "calls"),
    [(CUT, "", []), ("Sure. " + CUT, "Sure.", []), ("Sure.\n", "Sure.\n", []), (TIMER + CUT, "", CASES[3][2])],
)
def test_a_truncated_call_is_dropped(text, content, calls):
    assert read([text], truncated=True) == (content, calls)


def test_streams_arguments_as_they_come_when_nothing_is_held():
    parser = HermesFormat().parser(NAMES, hold=False)
    assert [type(event) for event in parser.push(CUT)] == [CallStarted, ArgumentsDelta]
    assert parser.push('utes": 5') == [ArgumentsDelta(0, 'utes": 5')]
    assert parser.push("}}") == [ArgumentsDelta(0, "}"), CallEnded(0)]
    assert read(TIMER + STOP, hold=False) == read(TIMER + STOP)


def test_streamed_call_that_is_cut_never_ends():
    assert read(CUT, hold=False, truncated=True) == ("", [["set_timer", '{"min', False]])


def test_content_is_not_held_back_longer_than_needed():
    parser = HermesFormat().parser(NAMES, hold=True)
    assert parser.push("Sure") == [ContentDelta("Sure")]
    assert parser.push(". <") == [ContentDelta(".")]
    assert parser.push("b") == [ContentDelta(" <b")]


@pytest.mark.parametrize(
    "body", ["", "{", "[]", "1", '{"name": 1}', '{"arguments": {}}', '{"name": "stop", "arguments": 1}']
)
def test_no_call(body):
    assert parse_call(body, NAMES) is None


def test_deep_nesting_is_no_call():
    assert parse_call('{"name": "stop", "arguments": ' + "[" * 100_000, NAMES) is None
