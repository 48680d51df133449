"""The bundled model chooses among texts that sound alike."""

from __future__ import annotations

import pytest

from electron_local import Electron
from electron_local.demo.agent import INSTRUCTIONS, TOOLS


@pytest.fixture(scope="module")
def client():
    with Electron() as client:
        yield client


def choose(client, texts, priors=None):
    messages = [{"role": "system", "content": INSTRUCTIONS}, {"role": "user", "content": texts[0]}]
    priors = [0.0] * len(texts) if priors is None else priors
    return client.chat.completions.likeliest(messages=messages, texts=texts, priors=priors, tools=TOOLS)


@pytest.mark.parametrize("order", [1, -1])
def test_the_words_of_a_request_win_over_those_that_sound_like_it(client, order):
    texts = ["set a timer for ten minutes", "sat at i'm her four ten minutes"][::order]
    assert texts[choose(client, texts).index] == "set a timer for ten minutes"


def test_the_recogniser_can_overrule_the_model(client):
    assert choose(client, ["sat at i'm her four ten minutes", "set a timer for ten minutes"], [0.0, -200.0]).index == 0


def test_what_was_evaluated_is_in_the_cache_for_the_answer(client):
    texts = ["open the windows please", "hope in the windows please"]
    chosen = texts[choose(client, texts).index]
    messages = [{"role": "system", "content": INSTRUCTIONS}, {"role": "user", "content": chosen}]
    answer = client.chat.completions.create(model="electron", messages=messages, tools=TOOLS, max_tokens=1)
    usage = answer.usage
    assert usage.prompt_tokens - usage.prompt_tokens_details.cached_tokens < 12
