"""Random edits of prompts: cached plus evaluated tokens are the prompt, and the numbers a fresh context's."""

from __future__ import annotations

import random

import pytest

from electron_local import _core
from electron_local.engine import Engine, EngineOptions, SamplingParams
from likeness import BOUND, assert_alike

N_TOKENS = 256  # ordinary ones of the made models
N_CTX = 256
N_EDITS = 2500  # under each of four settings


def edited(prompt: list[int], rng: random.Random) -> list[int]:
    """Cut, appended to, corrected in the middle, or another one's beginning; never longer than the context."""
    prompt = list(prompt)
    if rng.random() < 0.6:
        del prompt[rng.randrange(1, len(prompt) + 1) :]
    if rng.random() < 0.2:
        at = rng.randrange(len(prompt))
        prompt[at : at + rng.randrange(4)] = [rng.randrange(N_TOKENS) for _ in range(rng.randrange(1, 4))]
    prompt += [rng.randrange(N_TOKENS) for _ in range(rng.randrange(1, 24))]
    return prompt[: N_CTX - 8]


def evaluate(engine: Engine, prompt: list[int]) -> tuple[list[_core.TokenEvent], int]:
    """One token behind `prompt`, and how much of it was cached; the counters are compared."""
    before = engine.stats()
    generation = engine.submit(prompt, SamplingParams(temperature=0, max_tokens=1, logprobs=True, top_logprobs=5))
    events = list(generation)
    after, usage = engine.stats(), generation.usage
    assert usage.prompt_tokens == len(prompt)
    assert usage.cached_tokens < usage.prompt_tokens
    assert usage.cached_tokens + after["evaluated_tokens"] - before["evaluated_tokens"] == len(prompt)
    assert after["cached_tokens"] - before["cached_tokens"] == usage.cached_tokens
    return events, usage.cached_tokens


@pytest.mark.parametrize("flash_attention", [False, True])
@pytest.mark.parametrize("cells", [N_CTX, 4 * N_CTX])
def test_random_edits_of_prompts(llama_model, flash_attention, cells):
    rng = random.Random(cells)
    options = {"n_ctx": N_CTX, "flash_attention": flash_attention}
    cached_options = EngineOptions(**options, cache_tokens=cells, n_cached=6, host_bytes=2**20)
    prompts = [[rng.randrange(N_TOKENS) for _ in range(40)]]
    n_compared = n_found = 0
    with (
        Engine(llama_model, options=cached_options) as cached,
        Engine(llama_model, options=EngineOptions(**options, use_prefix_cache=False)) as naive,
    ):
        for edit in range(N_EDITS):
            prompt = edited(rng.choice(prompts), rng)
            prompts = [*prompts[-11:], prompt]
            events, n_cached = evaluate(cached, prompt)
            n_found += n_cached
            if edit % 5 == 0:
                assert_alike(events, evaluate(naive, prompt)[0], BOUND)
                n_compared += 1
        cache = cached.stats()["cache"]
    assert n_compared >= N_EDITS // 5
    assert n_found > 0
    assert cache["hits"] > 0
    assert cache["evictions"] + cache["moves_to_host"] > 0
