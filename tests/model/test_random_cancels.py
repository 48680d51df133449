"""Cancels at random moments, in the queue, in prefill and in decode: what comes after is what a fresh context gives."""

from __future__ import annotations

import random
import time

from electron_local.engine import Engine, EngineOptions, Generation, SamplingParams
from likeness import BOUND, assert_alike

ENDLESS = {token: -100.0 for token in (257, 258, 259)}  # the special tokens of the made models
N_CTX = 512
N_CANCELS = 1000


def cancel_somewhere(engine: Engine, prompts: list[list[int]], rng: random.Random) -> list[str]:
    """Requests in several stages at once, cancelled at random; where each one was."""
    long = SamplingParams(temperature=1, seed=rng.randrange(99), max_tokens=100, logit_bias=ENDLESS)
    generations = [engine.submit(prompt, long) for prompt in prompts]
    order = list(range(len(generations)))
    rng.shuffle(order)
    stages = []
    for i in order:
        generation = generations[i]
        if rng.random() < 0.4:
            next(iter(generation), None)
        elif rng.random() < 0.5:
            time.sleep(rng.random() * 2e-3)
        generation.cancel()
        stages.append(stage_of(generation))
    return stages


def stage_of(generation: Generation) -> str:
    usage = generation.wait()
    if generation.finish_reason != "cancelled":
        return "done"
    return "decode" if usage.completion_tokens > 0 else "queue or prefill"


def test_random_cancels_leave_a_sound_state(llama_model):
    rng = random.Random(1)
    checked = SamplingParams(temperature=0, max_tokens=4, logprobs=True, top_logprobs=5, logit_bias=ENDLESS)
    options = {"n_ctx": N_CTX, "flash_attention": False}
    base = [rng.randrange(256) for _ in range(300)]
    stages: list[str] = []
    with (
        Engine(llama_model, options=EngineOptions(**options, n_parallel=3, n_batch=64, cache_tokens=1024)) as engine,
        Engine(llama_model, options=EngineOptions(**options, use_prefix_cache=False)) as fresh,
    ):
        while len(stages) < N_CANCELS:
            prompts = [
                base[: rng.randrange(1, 300)] + [rng.randrange(256) for _ in range(rng.randrange(1, 100))]
                for _ in range(6)
            ]
            stages += cancel_somewhere(engine, prompts, rng)
            prompt = rng.choice(prompts)
            assert_alike(list(engine.submit(prompt, checked)), list(fresh.submit(prompt, checked)), BOUND)
        assert engine.stats()["n_running"] == engine.stats()["n_queued"] == 0
    assert stages.count("decode") > N_CANCELS // 20
    assert stages.count("queue or prefill") > N_CANCELS // 20
