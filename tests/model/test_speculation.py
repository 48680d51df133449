"""Guessing ahead on the bundled model: the same answers, fewer steps."""

from __future__ import annotations

import dataclasses
import json
import time

import pytest

from electron_local.client import Electron
from electron_local.demo.agent import INSTRUCTIONS, TOOLS
from electron_local.engine import Engine, EngineOptions, SamplingParams
from electron_local.errors import BadRequestError, DeadlineExceededError, InvalidArgumentError
from electron_local.grammar import Constraint, Grammar
from electron_local.model_files import bundled_model

N_CTX = 1024
GREEDY = SamplingParams(temperature=0, max_tokens=96)
COPIES = [100 + i % 30 for i in range(200)]
TEXTS = ["turn on the kitchen lights", "what is the weather in Paris", "hello", "play some jazz and dim the lamp"]


@pytest.fixture(scope="module")
def plain():
    with Engine(bundled_model(), options=EngineOptions(n_ctx=N_CTX, speculation="off")) as engine:
        yield engine


@pytest.fixture(scope="module")
def guessing():
    with Engine(bundled_model(), options=EngineOptions(n_ctx=N_CTX, speculation="always")) as engine:
        yield engine


def reply(engine, tokens, params=GREEDY, constraint=None):
    generation = engine.submit(tokens, params, constraint=constraint)
    events = [(event.token, event.text) for event in generation]
    return events, generation.finish_reason, generation.usage.completion_tokens


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"temperature": 1.0, "seed": 3},
        # short: attention of many rows rounds in another order, and a draw among unlikely tokens may show it
        {"temperature": 0.7, "seed": 4, "top_p": 0.9, "frequency_penalty": 0.5, "max_tokens": 48},
        {"stop": ["the", "e li"], "presence_penalty": 0.3},
    ],
    ids=["greedy", "drawn", "cut and penalised", "stops"],
)
def test_answers_are_those_of_plain_decoding(plain, guessing, changes):
    params = dataclasses.replace(GREEDY, **changes)
    for text in TEXTS:
        tokens = plain.tokenize(f"<|im_start|>user\n{text}<|im_end|>\n<|im_start|>assistant\n")
        assert reply(guessing, tokens, params) == reply(plain, tokens, params)


def test_copies_take_fewer_steps(plain, guessing):
    params = dataclasses.replace(GREEDY, logit_bias=dict.fromkeys(plain.model.end_of_generation, -100.0))
    before = guessing.stats()
    assert reply(guessing, COPIES, params) == reply(plain, COPIES, params)
    after = guessing.stats()
    assert after["accepted_tokens"] - before["accepted_tokens"] > 30
    assert plain.stats()["drafted_tokens"] == 0


def test_grammars_hold(plain, guessing):
    schema = {
        "type": "object",
        "properties": {"names": {"type": "array", "items": {"enum": ["kitchen", "kiosk"]}, "minItems": 4}},
        "required": ["names"],
        "additionalProperties": False,
    }
    constraint = Constraint(Grammar("json_schema", json.dumps(schema)))
    for text in TEXTS:
        tokens = plain.tokenize(f"<|im_start|>user\n{text}<|im_end|>\n<|im_start|>assistant\n")
        assert reply(guessing, tokens, GREEDY, constraint) == reply(plain, tokens, GREEDY, constraint)


def test_tool_calls_are_the_same(plain, guessing):
    messages = [{"role": "system", "content": INSTRUCTIONS}, {"role": "user", "content": TEXTS[0]}]
    answers = []
    for engine in (plain, guessing):
        with Electron(engine=engine) as client:
            answer = client.chat.completions.create(
                model="electron", messages=messages, tools=TOOLS, temperature=0, tool_choice="required", max_tokens=120
            )
            answers.append([call.function for call in answer.choices[0].message.tool_calls])
    assert answers[0] == answers[1] and answers[0]


def test_a_model_drafts_for_itself(plain):
    options = EngineOptions(n_ctx=N_CTX, speculation="always", draft_model=bundled_model())
    tokens = plain.tokenize("<|im_start|>user\nwhat is the weather in Paris<|im_end|>\n<|im_start|>assistant\n")
    with Engine(bundled_model(), options=options) as engine:
        assert reply(engine, tokens) == reply(plain, tokens)
        stats = engine.stats()
    assert stats["drafted_tokens"] > 0
    assert stats["accepted_tokens"] >= 0.9 * stats["drafted_tokens"]


def test_a_draft_model_needs_the_same_vocabulary(llama_model):
    with pytest.raises(InvalidArgumentError, match="the draft model's vocabulary has 260 tokens"):
        Electron(draft_model=llama_model)


def test_unknown_speculation_is_refused(llama_model):
    with pytest.raises(InvalidArgumentError, match="auto, off or always, not sometimes"):
        Engine(llama_model, options=EngineOptions(speculation="sometimes"))


@pytest.mark.parametrize("stream", [False, True])
def test_a_timeout_ends_an_answer(plain, stream):
    endless = {str(token): -100 for token in plain.model.end_of_generation}
    with Electron(engine=plain) as client:
        request = {"model": "electron", "messages": [{"role": "user", "content": "hello"}], "logit_bias": endless}
        begin = time.monotonic()
        with pytest.raises(DeadlineExceededError, match=r"deadline passed after \d+ tokens of the answer") as caught:
            list(client.chat.completions.create(**request, stream=stream, timeout=0.5))
        assert time.monotonic() - begin < 10
        assert caught.value.code == "deadline_exceeded" and caught.value.status_code == 408 and caught.value.request_id
        again = client.chat.completions.create(**request, max_tokens=3, timeout=60)
        assert again.usage.prompt_tokens_details.cached_tokens == again.usage.prompt_tokens - 1


def test_a_deadline_may_pass_before_anything_is_read(plain):
    with pytest.raises(DeadlineExceededError, match="while the request waited"):
        plain.submit(COPIES, SamplingParams(deadline_s=0)).wait()


@pytest.mark.parametrize("value", [-1, float("nan")])
def test_a_bad_deadline_is_refused(plain, value):
    with pytest.raises(InvalidArgumentError, match="deadline_s must be between 0"):
        plain.submit(COPIES, SamplingParams(deadline_s=value))
    with Electron(engine=plain) as client, pytest.raises((InvalidArgumentError, BadRequestError), match="deadline_s"):
        client.chat.completions.create(model="electron", messages=[{"role": "user", "content": "hi"}], timeout=value)
