"""Prefilling: whole, in steps that correct each other, cancelled, awaited, beside a running answer."""

from __future__ import annotations

import asyncio

import pytest

from electron_local.engine import Engine, EngineOptions, SamplingParams

SYSTEM = [65 + i % 26 for i in range(100)]
SET_THE = [*SYSTEM, 1, 2, 3, 4]
SET_THE_TEMPERATURE = [*SET_THE, *range(10, 30)]
SET_A_TIMER = [*SYSTEM, 1, 2, 40, 41, 42]


@pytest.fixture
def engine(llama_model):
    with Engine(llama_model, options=EngineOptions(flash_attention=True)) as engine:
        yield engine


def cells(engine):
    return engine.stats()["cache"]["cells_used"]


def evaluated(engine):
    return engine.stats()["evaluated_tokens"]


def test_a_corrected_tail_costs_what_changed_and_frees_the_old_one(engine):
    engine.prefill(SYSTEM, pin=True)
    assert (evaluated(engine), cells(engine)) == (100, 100)
    engine.prefill(SET_THE, conversation="kiosk")
    assert (evaluated(engine), cells(engine)) == (104, 104)
    engine.prefill(SET_THE_TEMPERATURE, conversation="kiosk")
    assert (evaluated(engine), cells(engine)) == (124, 124)
    usage = engine.prefill(SET_A_TIMER, conversation="kiosk")
    assert (usage.prompt_tokens, usage.cached_tokens) == (105, 102)
    assert (evaluated(engine), cells(engine)) == (127, 105)
    engine.prefill(SYSTEM, conversation="kiosk")
    assert (evaluated(engine), cells(engine)) == (127, 100)


def test_conversations_do_not_correct_each_other(llama_model):
    with Engine(llama_model, options=EngineOptions(n_cached=2)) as engine:
        engine.prefill(SET_THE_TEMPERATURE, conversation="one")
        engine.prefill(SET_A_TIMER, conversation="two")
        engine.prefill(SET_A_TIMER)
        assert cells(engine) == 127
        assert engine.prefill(SET_THE_TEMPERATURE, conversation="one").cached_tokens == len(SET_THE_TEMPERATURE)


def test_the_answer_uses_what_was_prefilled(engine):
    engine.prefill(SET_THE_TEMPERATURE, conversation="kiosk")
    generation = engine.submit([*SET_THE_TEMPERATURE, 7], SamplingParams(max_tokens=200, logit_bias={65: 100}))
    events = iter(generation)
    next(events)
    engine.prefill(SET_A_TIMER, conversation="kiosk")  # while it is answered
    tokens = [65, *(event.token for event in events)]
    assert tokens == [65] * 200 and generation.usage.cached_tokens == len(SET_THE_TEMPERATURE)
    assert engine.prefill([*SET_THE_TEMPERATURE, 7, *tokens], conversation="kiosk").cached_tokens >= 320


def test_a_later_prefill_cancels_the_one_before(llama_model):
    with Engine(llama_model, options=EngineOptions(n_batch=8)) as engine:

        async def correct_twice():
            first = asyncio.create_task(engine.aprefill(list(range(10, 250)), conversation="kiosk"))
            await asyncio.sleep(0)
            second = await engine.aprefill([5, 6, 7], conversation="kiosk")
            return await first, second

        first, second = asyncio.run(correct_twice())
        assert (first.prompt_tokens, second.prompt_tokens) == (240, 3)
        assert cells(engine) == 3
        assert engine.submit([5, 6, 7, 8], SamplingParams(max_tokens=1)).wait().cached_tokens == 3


def test_a_cancelled_task_cancels_its_prefill(llama_model):
    with Engine(llama_model, options=EngineOptions(n_batch=4)) as engine:

        async def give_up():
            task = asyncio.create_task(engine.aprefill(list(range(250))))
            await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            return task.cancelled()

        assert asyncio.run(give_up())
        assert engine.prefill([1, 2]).prompt_tokens == 2


def test_a_known_prompt_is_not_evaluated_again(engine):
    engine.prefill(SYSTEM)
    usage = engine.prefill(SYSTEM)
    assert (usage.prompt_tokens, usage.cached_tokens, evaluated(engine)) == (100, 100, 100)


def test_pins_give_way_to_a_request_that_needs_the_cells(llama_model):
    with Engine(llama_model, options=EngineOptions(n_ctx=256, cache_tokens=256)) as engine:
        engine.prefill(SYSTEM, pin=True)
        engine.prefill([9, *SYSTEM], pin=True)  # both together are over half of the cells: the first is unpinned
        assert engine.stats()["cache"]["pinned_tokens"] == 101
        assert engine.submit(list(range(250)), SamplingParams(max_tokens=6)).wait().prompt_tokens == 250
        assert engine.prefill([9, *SYSTEM]).cached_tokens == 101  # it waited in host memory
