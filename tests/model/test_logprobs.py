"""Log-probabilities: true ones, in the API's shape, whole and streamed."""

from __future__ import annotations

import math

import numpy as np
import pytest

from electron_local.client import Electron
from electron_local.engine import Engine, EngineOptions, SamplingParams

ASK = {"model": "electron", "messages": [{"role": "user", "content": "hello"}], "temperature": 0, "max_tokens": 8}


@pytest.fixture(scope="module")
def client():
    with Electron() as client:
        yield client


def test_they_are_those_of_the_logits(llama_model):
    with Engine(llama_model, options=EngineOptions(n_ctx=128)) as engine:
        prompt = engine.tokenize("hello")
        params = SamplingParams(temperature=0.7, seed=1, max_tokens=4, logprobs=True, top_logprobs=3)
        events = list(engine.submit(prompt, params))
        tokens = [event.token for event in events]
        logits = engine.logits(prompt + tokens).astype(np.float64)
        for i, event in enumerate(events):
            row = logits[len(prompt) - 1 + i]
            expected = row - (row.max() + np.log(np.exp(row - row.max()).sum()))
            assert math.isclose(event.logprobs.logprob, expected[event.token], abs_tol=1e-3)
            best = np.argsort(-expected)[:3]
            assert [token for token, _ in event.logprobs.top] == best.tolist()


def test_a_whole_answer_lists_its_content(client):
    choice = client.chat.completions.create(**ASK, logprobs=True, top_logprobs=2).choices[0]
    content = choice.logprobs.content
    assert "".join(entry.token for entry in content) == choice.message.content
    for entry in content:
        assert bytes(entry.bytes).decode() == entry.token
        assert len(entry.top_logprobs) == 2
        assert entry.top_logprobs[0].logprob == pytest.approx(entry.logprob)  # greedy: the best was taken


def test_chunks_bring_the_same_as_the_whole(client):
    whole = client.chat.completions.create(**ASK, logprobs=True).choices[0].logprobs.content
    with client.chat.completions.create(**ASK, logprobs=True, stream=True) as stream:
        streamed = [
            entry
            for chunk in stream
            for choice in chunk.choices
            if choice.logprobs
            for entry in choice.logprobs.content
        ]
    assert [entry.token for entry in streamed] == [entry.token for entry in whole]


def test_a_stop_string_at_once_leaves_an_empty_list(client):
    text = client.chat.completions.create(**ASK).choices[0].message.content
    choice = client.chat.completions.create(**ASK, logprobs=True, stop=text[:4]).choices[0]
    assert (choice.message.content, choice.logprobs.content) == ("", [])


def test_an_answer_that_ends_at_once_leaves_an_empty_list(client):
    end = client.engine.tokenize("<|im_end|>")[0]
    choice = client.chat.completions.create(**ASK, logprobs=True, logit_bias={str(end): 100}).choices[0]
    assert (choice.message.content, choice.finish_reason, choice.logprobs.content) == ("", "stop", [])


def test_nothing_is_listed_unless_asked_for(client):
    assert client.chat.completions.create(**ASK).choices[0].logprobs is None
