"""Several requests at once: each gets what it would get alone, and what they share is computed once."""

from __future__ import annotations

import random
import threading
from typing import Any

import pytest

from electron_local.engine import Engine, EngineOptions, SamplingParams
from electron_local.errors import InvalidArgumentError

GREEDY = SamplingParams(temperature=0, max_tokens=12)
# Without flash attention a token's logits hardly depend on its company; with it they do in the second decimal.
N_BYTES_A_TOKEN = 280  # of the made model, saved: 2 layers, 2 heads, 16 wide, keys and values, float16; its position
EXACT: dict[str, Any] = {"n_ctx": 256, "flash_attention": False}


def reply(engine: Engine, prompt: list[int]) -> list[int]:
    return [event.token for event in engine.submit(prompt, GREEDY) if event.token >= 0]


def prompts(n: int, seed: int) -> list[list[int]]:
    rng = random.Random(seed)
    prefix = [rng.randrange(256) for _ in range(120)]
    return [
        prefix[: rng.randrange(1, 120)] + [rng.randrange(256) for _ in range(rng.randrange(1, 40))] for _ in range(n)
    ]


@pytest.mark.parametrize("cache_tokens", [512, 2048])
def test_requests_in_parallel_get_what_they_get_alone(llama_model, cache_tokens):
    options = EngineOptions(**EXACT, n_parallel=4, n_cached=4, cache_tokens=cache_tokens)
    with (
        Engine(llama_model, options=EngineOptions(**EXACT, use_prefix_cache=False)) as alone,
        Engine(llama_model, options=options) as engine,
    ):
        for seed in range(4):
            batch = prompts(12, seed)
            generations = [engine.submit(prompt, GREEDY) for prompt in batch]
            got = [[event.token for event in generation if event.token >= 0] for generation in generations]
            assert got == [reply(alone, prompt) for prompt in batch]


def test_a_shared_prefix_is_evaluated_once(llama_model):
    rng = random.Random(3)
    prefix = [rng.randrange(256) for _ in range(300)]
    with Engine(llama_model, options=EngineOptions(n_ctx=512, n_parallel=8, cache_tokens=2048)) as engine:
        one = SamplingParams(temperature=0, max_tokens=1)
        generations = [engine.submit([*prefix, i], one) for i in range(8)]
        usages = [generation.wait() for generation in generations]
        assert sorted(usage.cached_tokens for usage in usages) == [0] + [300] * 7
        assert engine.stats()["evaluated_tokens"] == 300 + 8


def test_conversations_take_turns_in_the_cache(llama_model):
    """Each of several conversations finds its own history again."""
    with Engine(llama_model, options=EngineOptions(n_ctx=512, n_cached=4, cache_tokens=2048)) as engine:
        histories = [[i] * 50 for i in range(4)]
        for n_round in range(3):
            for history in histories:
                known = len(history) if n_round else 0
                usage = engine.submit([*history, 7, 8, 9], GREEDY).wait()
                assert known <= usage.cached_tokens + 1 <= known + 3
                history += [7, 8, 9]


@pytest.mark.parametrize("flash_attention", [False, True])
def test_what_sessions_add_to_a_shared_prefix_waits_in_host_memory(llama_model, flash_attention):
    """Only the last one stays in cells; the prefix is never evaluated again, the answers are those without a cache.

    Whether a tail comes back or is evaluated again follows what the engine measures of either.
    """
    rng = random.Random(4)
    options = {"n_ctx": 512, "flash_attention": flash_attention, "speculation": "off"}
    prefix = [rng.randrange(256) for _ in range(200)]
    with (
        Engine(llama_model, options=EngineOptions(**options, n_cached=1)) as engine,
        Engine(llama_model, options=EngineOptions(**options, use_prefix_cache=False)) as naive,
    ):
        engine.prefill(prefix)
        histories = [list(prefix) for _ in range(3)]
        n_came_back = 0
        for turn in range(4):
            for history in histories:
                known = len(history)
                history.extend(rng.randrange(256) for _ in range(20))
                generation = engine.submit(history, GREEDY)
                said = [event.token for event in generation if event.token >= 0]
                n_cached = generation.wait().cached_tokens
                # All that the session added, but for the last token of its answer, or nothing of it.
                assert n_cached == len(prefix) or n_cached >= known - 1
                n_came_back += turn > 0 and n_cached >= known - 1
                assert said == reply(naive, history)
                history.extend(said)
        stats = engine.stats()["cache"]
        assert stats["moves_from_host"] == n_came_back
        assert stats["leaves_live"] == 1
        n_own = sum(len(history) - len(prefix) for history in histories[:2])
        assert stats["host_bytes"] < N_BYTES_A_TOKEN * (n_own + 20)


def test_many_threads_share_one_engine(llama_model):
    with Engine(llama_model, options=EngineOptions(**EXACT, n_parallel=4)) as engine:
        batch = prompts(8, 9)
        expected = [reply(engine, prompt) for prompt in batch]
        got: dict[int, list[int]] = {}
        threads = [
            threading.Thread(target=lambda i=i: got.update({i: reply(engine, batch[i])})) for i in range(len(batch))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [got[i] for i in range(len(batch))] == expected


@pytest.mark.parametrize("wrong", [{"n_parallel": 0}, {"n_parallel": 200, "n_cached": 100}, {"cache_tokens": 100}])
def test_bad_limits_are_refused(llama_model, wrong):
    with pytest.raises(InvalidArgumentError):
        Engine(llama_model, options=EngineOptions(n_ctx=256, **wrong))
