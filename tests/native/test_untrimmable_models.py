"""Models whose memory cannot be cut back at will: the answers are the naive cache's, with fewer hits or as many."""

from __future__ import annotations

import numpy as np
import pytest

from electron_local.engine import Engine, EngineOptions, SamplingParams
from untrimmable_models import write_mamba, write_sliding_window

FIRST = [40 + i % 80 for i in range(100)]
NEW = [90 - i for i in range(30)]


@pytest.fixture(scope="module", params=[write_mamba, write_sliding_window], ids=["recurrent", "sliding window"])
def model(request, tmp_path_factory):
    return request.param(tmp_path_factory.mktemp("models") / "model.gguf")


def converse(model, *, use_prefix_cache):
    """Tokens, their log-probabilities and cached tokens of requests that go on, branch off and come back."""
    params = SamplingParams(temperature=0, max_tokens=8, logprobs=True)
    answers = []
    options = EngineOptions(n_ctx=256, use_prefix_cache=use_prefix_cache, flash_attention=False)
    with Engine(model, options=options) as engine:

        def ask(prompt):
            generation = engine.submit(prompt, params)
            events = [event for event in generation if event.token >= 0]
            answers.append((events, generation.usage.cached_tokens))
            return [event.token for event in events]

        going_on = [*FIRST, *ask(FIRST)[:-1], *NEW]
        going_on += [*ask(going_on)[:-1], *NEW]
        for prompt in (going_on, [*FIRST[:60], *NEW], FIRST, [*FIRST[:60], *NEW, 50], going_on):
            ask(prompt)
        stats = engine.stats()
    assert stats["cached_tokens"] == sum(n for _, n in answers)
    return answers


def test_default_options_load_it(model):
    with Engine(model, options=EngineOptions(n_ctx=256)) as engine:
        assert engine.submit(FIRST, SamplingParams(max_tokens=2)).wait().completion_tokens > 0


def test_answers_are_those_of_the_naive_cache(model):
    cached = converse(model, use_prefix_cache=True)
    naive = converse(model, use_prefix_cache=False)
    for (events, _), (expected, n_cached) in zip(cached, naive, strict=True):
        assert n_cached == 0
        assert [event.token for event in events] == [event.token for event in expected]
        got = [event.logprobs.logprob for event in events if event.logprobs]
        np.testing.assert_allclose(got, [e.logprobs.logprob for e in expected if e.logprobs], atol=1e-3)


def test_a_conversation_that_goes_on_is_cached(model):
    n_cached = [n for _, n in converse(model, use_prefix_cache=True)]
    assert n_cached[0] == 0
    assert n_cached[1] >= len(FIRST)
