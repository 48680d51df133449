"""The engine in forked children: they are told, or make one of their own."""

from __future__ import annotations

import asyncio
import multiprocessing
import os

import pytest

from electron_local.engine import Engine, EngineOptions, SamplingParams
from electron_local.errors import OverloadedError
from electron_local.grammar import Grammar

GREEDY = SamplingParams(temperature=0, max_tokens=8)


@pytest.fixture(scope="module")
def engine(llama_model):
    with Engine(llama_model, options=EngineOptions(n_ctx=512)) as engine:
        yield engine


def _use_in_child(engine, result):
    errors = []
    for use in (
        lambda: engine.submit([1], GREEDY),
        lambda: engine.prefill([1]),
        lambda: engine.logits([1]),
        lambda: engine.refusal(Grammar("regex", "a")),
        engine.stats,
    ):
        try:
            use()
        except OverloadedError as error:
            errors.append("fork" in str(error))
    engine.close()
    result.put(errors)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_child_is_told(engine):
    context = multiprocessing.get_context("fork")
    result = context.SimpleQueue()
    child = context.Process(target=_use_in_child, args=(engine, result))
    child.start()
    child.join(20)
    assert child.exitcode == 0
    assert result.get() == [True] * 5


def _read_on_in_child(events, result):
    try:
        result.put(f"read {sum(1 for _ in events)}")
    except OverloadedError as error:
        result.put(str(error))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_child_that_reads_on_is_told(engine):
    events = iter(engine.submit([1, 2], SamplingParams(temperature=0, max_tokens=200)))
    next(events)
    context = multiprocessing.get_context("fork")
    result = context.SimpleQueue()
    child = context.Process(target=_read_on_in_child, args=(events, result))
    child.start()
    n_left = sum(1 for _ in events)
    child.join(20)
    child.kill()
    assert child.exitcode == 0 and n_left > 0
    assert "before a fork" in result.get()


def _is_told(events):
    """Steps by hand: the child has no loop that runs."""
    while True:
        try:
            events.asend(None).send(None)
        except StopIteration:  # an event that was there already
            continue
        except OverloadedError:
            return True
        return False


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_child_of_an_event_loop_is_told_and_the_parent_reads_on(engine):
    async def read():
        events = aiter(engine.submit([1, 2], SamplingParams(temperature=0, max_tokens=200)))
        await anext(events)
        child = os.fork()
        if child == 0:
            is_told = False
            try:
                is_told = _is_told(events)
            finally:
                os._exit(0 if is_told else 1)
        status = os.waitpid(child, 0)[1]
        return status, [event async for event in events]

    status, left = asyncio.run(read())
    assert status == 0 and left


def _delete_in_child(holder, result):
    holder.clear()
    result.put("deleted")


def _answer_in_child(model, result):
    with Engine(model) as engine:
        result.put(engine.submit([1, 2], SamplingParams(temperature=0, max_tokens=3)).wait().completion_tokens)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_child_may_make_an_engine_of_its_own(engine, llama_model):
    engine.submit([1, 2], GREEDY).wait()
    context = multiprocessing.get_context("fork")
    result = context.SimpleQueue()
    child = context.Process(target=_answer_in_child, args=(llama_model, result))
    child.start()
    child.join(20)
    assert child.exitcode == 0 and result.get() >= 1


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_child_may_drop_the_engine(llama_model):
    holder = [Engine(llama_model)]
    context = multiprocessing.get_context("fork")
    result = context.SimpleQueue()
    child = context.Process(target=_delete_in_child, args=(holder, result))
    child.start()
    child.join(20)
    assert (child.exitcode, result.get()) == (0, "deleted")
    holder[0].close()
