"""The model's own judgement whether a user has finished."""

from __future__ import annotations

import pytest

from electron_local import Electron
from electron_local.chat.call_prospect import CallProspect
from electron_local.chat.template import ChatTemplate
from electron_local.demo.agent import INSTRUCTIONS, TOOLS
from electron_local.errors import BadRequestError
from electron_local.voice import EndOfTurn


@pytest.fixture(scope="module")
def client():
    with Electron() as client:
        yield client


def judged(client, text, instructions=INSTRUCTIONS):
    messages = [{"role": "system", "content": instructions}, {"role": "user", "content": text}]
    return client.chat.completions.end_of_turn(messages=messages, tools=TOOLS)


def test_a_whole_request_is_likelier_complete_than_its_beginnings(client):
    whole = judged(client, "set the temperature to twenty two degrees")
    assert whole > 0.1
    for part in ("set", "set the", "set the temperature", "set the temperature to"):
        assert judged(client, part) < whole / 2


def test_the_words_judged_are_in_the_cache_for_the_answer(client):
    text = "play some jazz in the kitchen please"
    judged(client, text)
    messages = [{"role": "system", "content": INSTRUCTIONS}, {"role": "user", "content": text}]
    answer = client.chat.completions.create(model="electron", messages=messages, tools=TOOLS, max_tokens=1)
    usage = answer.usage
    assert usage.prompt_tokens - usage.prompt_tokens_details.cached_tokens <= 1


@pytest.mark.parametrize("text", ["i", "im", "end", "m", "<", "user"])
def test_words_that_stand_in_the_name_of_a_control_token_are_judged(client, text):
    assert judged(client, text) is not None


FILLER = f"{INSTRUCTIONS} Say something short before calling a tool."


@pytest.mark.parametrize(
    ("instructions", "text", "tools", "low", "high"),
    [
        (INSTRUCTIONS, "set the temperature to twenty two degrees", TOOLS, 0.8, 1.0),
        (INSTRUCTIONS, "how are you", TOOLS, 0.0, 0.2),
        (INSTRUCTIONS, "set the temperature to twenty two degrees", [], None, None),
        (FILLER, "set the temperature to twenty two degrees", TOOLS, None, None),
    ],
)
def test_whether_the_model_would_call_a_tool(client, instructions, text, tools, low, high):
    path = client.chat_path
    template = ChatTemplate(client.engine.model.chat_template, control_tokens=client.engine.model.control_tokens)
    prospect = CallProspect(path.engine, template, client.engine.tokenize)
    messages = [{"role": "system", "content": instructions}, {"role": "user", "content": text}]
    probability = prospect.probability(messages, tools)
    assert probability is None if low is None else low <= probability <= high


@pytest.mark.parametrize("instructions", [INSTRUCTIONS, FILLER])
def test_whole_requests_are_sure_with_fillers_and_without(client, instructions):
    sure = EndOfTurn().sure
    for text in ("please get in touch with my boss", "what kind of weather does lima have"):
        assert judged(client, text, instructions) >= sure
        assert judged(client, text.rpartition(" ")[0], instructions) < sure


def test_what_cannot_be_judged_is_none_and_bad_messages_raise(client):
    assert judged(client, "  ") is None
    with pytest.raises(BadRequestError):
        client.chat.completions.end_of_turn(messages=[])
