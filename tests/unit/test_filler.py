"""When the runtime asks for words before a call, and what it asks."""

from __future__ import annotations

import pytest

from electron_local.chat.filler import FILLER_INSTRUCTIONS, asks_for_filler
from electron_local.client import Electron
from electron_local.errors import BadRequestError
from fakes import FakeEngine

ASKING = [
    "Acknowledge the request before you call a tool.",
    "You are a kiosk. Before using any tool, say a short phrase such as 'One moment'.",
    "Always let the user know what you are doing while you look things up.",
    "Use a brief filler phrase whenever you call a function.",
    "When you use a tool, tell the caller first.",
    "Say something like 'Let me check' before every function call.",
]
NOT_ASKING = [
    "",
    "You are a helpful assistant with tools.",
    "Tell the user the weather.",
    "Call a tool before you answer.",
    "Do not use filler phrases.",
    "Never tell the user that you use a tool before calling it.",
    "Use the tools when you need them. Say numbers as words.",
]
TOOLS = [{"type": "function", "function": {"name": "stop", "parameters": {}}}]


@pytest.mark.parametrize("text", ASKING)
def test_asks(text):
    assert asks_for_filler([{"role": "system", "content": text}])
    assert not asks_for_filler([{"role": "user", "content": text}])


@pytest.mark.parametrize("text", NOT_ASKING)
def test_does_not_ask(text):
    assert not asks_for_filler([{"role": "system", "content": text}])


def prompt_of(system, **fields):
    client = Electron(engine=FakeEngine(["Hello."]))
    messages = [{"role": "system", "content": system}, {"role": "user", "content": "Hello"}]
    client.chat.completions.create(model="electron", messages=messages, **fields)
    return client.engine.detokenize(client.engine.prompts[0]), client.engine.constraints[0]


def test_auto_asks_where_the_prompt_does():
    assert FILLER_INSTRUCTIONS in prompt_of(ASKING[0], tools=TOOLS, filler="auto")[0]
    for fields in ({"tools": TOOLS}, {"tools": TOOLS, "filler": "off"}, {"filler": "auto"}):
        assert FILLER_INSTRUCTIONS not in prompt_of(ASKING[0], **fields)[0]
    assert FILLER_INSTRUCTIONS not in prompt_of(NOT_ASKING[1], tools=TOOLS, filler="auto")[0]


def test_a_required_call_leaves_room_for_it():
    fields = {"tools": TOOLS, "tool_choice": "required"}
    for filler in ("auto", "off"):
        assert prompt_of(ASKING[0], **fields, filler=filler)[1].grammar.text.startswith("start: FILLER? one")
        assert prompt_of(NOT_ASKING[1], **fields, filler=filler)[1].grammar.text.startswith("start: one")


@pytest.mark.parametrize("value", ["yes", True, 1, []])
def test_other_values_are_refused(value):
    with pytest.raises(BadRequestError) as caught:
        prompt_of("", filler=value)
    assert caught.value.details[0]["path"] == ["filler"]


def test_prefill_reads_what_the_request_will():
    client = Electron(engine=FakeEngine(["Hello."], n_chars=1))
    messages = [{"role": "system", "content": ASKING[0]}, {"role": "user", "content": "Hello"}]
    client.chat.completions.prefill(messages=messages, tools=TOOLS, filler="auto")
    answer = client.chat.completions.create(model="electron", messages=messages, tools=TOOLS, filler="auto")
    assert answer.usage.prompt_tokens - answer.usage.prompt_tokens_details.cached_tokens < 30
