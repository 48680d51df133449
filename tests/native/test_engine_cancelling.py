"""Answers that are cancelled, while they run or wait; a queue that is full, an engine that is closed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from electron_local.engine import Engine, EngineOptions, SamplingParams
from electron_local.errors import OverloadedError
from greedy_answers import GREEDY, tokens_of
from made_models import LLAMA, write_model

LONG = 4_000  # tokens: an answer of nearly as many outlasts what a test does meanwhile
ENDLESS = SamplingParams(temperature=1, max_tokens=LONG - 100, logit_bias={65: 100})


@pytest.fixture(scope="module")
def long_model(tmp_path_factory):
    return write_model(tmp_path_factory.mktemp("models") / "long.gguf", replace(LLAMA, n_ctx=LONG))


def test_cancel_while_generating_keeps_the_engine_sound(long_model):
    with Engine(long_model, options=EngineOptions(n_ctx=LONG)) as engine:
        prompt = engine.tokenize("hello there")
        expected = tokens_of(engine, prompt)
        for n_taken in range(6):
            generation = engine.submit(prompt, ENDLESS)
            for i, _ in enumerate(generation):
                if i >= n_taken:
                    generation.cancel()
            assert generation.finish_reason == "cancelled"
            assert tokens_of(engine, prompt) == expected


def test_tokens_are_counted_while_they_come(long_model):
    with Engine(long_model, options=EngineOptions(n_ctx=LONG)) as engine:
        prompt = engine.tokenize("hello there")
        generation = engine.submit(prompt, ENDLESS)
        for n_taken, _ in enumerate(generation, start=1):
            usage = generation.usage
            assert usage.prompt_tokens == len(prompt) and usage.completion_tokens >= n_taken
            if n_taken == 3:
                generation.cancel()
        assert generation.usage.completion_tokens >= usage.completion_tokens


def test_cancel_in_the_queue(long_model):
    with Engine(long_model, options=EngineOptions(n_ctx=LONG, n_parallel=1)) as engine:
        running = engine.submit([1, 2, 3], ENDLESS)
        next(iter(running))
        waiting = engine.submit([4, 5, 6], GREEDY)
        waiting.cancel()
        running.cancel()
        assert list(waiting) == []
        assert waiting.finish_reason == "cancelled"


def test_a_full_queue_refuses(long_model):
    with Engine(long_model, options=EngineOptions(n_queue=1, n_ctx=LONG)) as engine:
        generations = []
        with pytest.raises(OverloadedError, match="queue is full"):
            generations.extend(engine.submit([1, 2], ENDLESS) for _ in range(10))
        for generation in generations:
            generation.cancel()


def test_close_ends_what_runs(long_model):
    engine = Engine(long_model, options=EngineOptions(n_ctx=LONG))
    generation = engine.submit([1, 2], ENDLESS)
    engine.close()
    engine.close()
    list(generation)
    assert generation.finish_reason == "cancelled"
    with pytest.raises(OverloadedError, match="closed"):
        engine.submit([1], GREEDY)
