"""The bundled model in doubt about tools that it has never seen: each alone decides."""

from __future__ import annotations

import pytest

from electron_local import Electron
from electron_local.chat.call_prospect import CallProspect
from electron_local.chat.template import ChatTemplate
from electron_local.demo.agent import INSTRUCTIONS, TOOLS

DESCRIPTIONS = {
    "convert_units": "Convert a measure to another unit.",
    "get_stock_price": "The price of a share.",
    "start_vacuum": "Send the robot vacuum cleaner to clean.",
    "brew_coffee": "Make a cup of coffee.",
    "movie_times": "When a movie is shown.",
    "check_tire_pressure": "How much air the tires have.",
    "w2_form": "Send the tax form of the last year.",
}
UNSEEN = [
    {"type": "function", "function": {"name": name, "description": text, "parameters": {"type": "object"}}}
    for name, text in DESCRIPTIONS.items()
]
REQUESTS = (
    "clean the house please",
    "when can i see the new batman",
    "can the robot tidy up the kitchen",
    "put air in the wheels",
    "how much is a share of google",
    "how many teaspoons is one tablespoon",
)


@pytest.fixture(scope="module")
def client():
    with Electron() as client:
        yield client


def asked(client, messages, tools, **fields):
    """The calls of an answer, and how many questions it took."""
    before = client.engine.stats()["questions"]
    answer = client.chat.completions.create(model="electron", messages=messages, tools=tools, temperature=0, **fields)
    calls = answer.choices[0].message.tool_calls or []
    return [call.function.name for call in calls], client.engine.stats()["questions"] - before


def conversation(text):
    return [{"role": "system", "content": "You are a voice assistant."}, {"role": "user", "content": text}]


def test_in_doubt_the_tool_is_called_that_would_be_called_alone(client):
    model = client.engine.model
    template = ChatTemplate(model.chat_template, control_tokens=model.control_tokens)
    prospect = CallProspect(client.engine, template, client.engine.tokenize)
    n_asked = 0
    for text in REQUESTS:
        calls, n_questions = asked(client, conversation(text), UNSEEN)
        if not n_questions or not calls:
            continue
        n_asked += 1
        alone = {t["function"]["name"]: prospect.probability(conversation(text)[1:], [t]) for t in UNSEEN}
        assert alone[calls[0]] >= max(alone.values()) - 0.02, (text, calls, alone)
    assert n_asked >= 2


def test_the_demo_s_own_requests_need_no_question(client):
    for text in ("set the temperature to twenty two degrees", "play some jazz", "what is the weather in paris"):
        messages = [{"role": "system", "content": INSTRUCTIONS}, {"role": "user", "content": text}]
        calls, n_questions = asked(client, messages, TOOLS)
        assert len(calls) == 1 and n_questions == 0


def test_an_answer_that_asks_counts_its_own_tokens_alone(client):
    n_asked = 0
    for text in REQUESTS:
        before = client.engine.stats()
        answer = client.chat.completions.create(
            model="electron", messages=conversation(text), tools=UNSEEN, temperature=0
        )
        after = client.engine.stats()
        n_asked += after["questions"] > before["questions"]
        assert after["requests"] - before["requests"] == 1
        assert answer.usage.prompt_tokens == after["last_prompt_tokens"]
        assert answer.usage.completion_tokens == after["completion_tokens"] - before["completion_tokens"]
    assert n_asked >= 2


def test_a_call_in_doubt_is_the_same_streamed_and_with_other_requests_beside_it(client):
    alone = [asked(client, conversation(text), UNSEEN)[0] for text in REQUESTS]
    streams = [
        client.chat.completions.create(
            model="electron", messages=conversation(text), tools=UNSEEN, temperature=0, stream=True
        )
        for text in REQUESTS
    ]
    names = []
    for stream in streams:
        deltas = [chunk.choices[0].delta for chunk in stream if chunk.choices]
        calls = [call for delta in deltas for call in delta.tool_calls or ()]
        names.append([call.function.name for call in calls if call.function.name])
    assert names == alone
