"""Ways in which an answer may go on, on a random model: the answers of the questions choose as they should."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from electron_local.alternatives import Alternatives, Way
from electron_local.engine import Engine, EngineOptions, SamplingParams
from electron_local.errors import ContextLengthExceededError, InvalidArgumentError

GREEDY = SamplingParams(temperature=0, max_tokens=4)
PROMPT = [72, 101, 108, 108, 111, 44, 32]
YES = 115
QUESTIONS = ([65, 66, 67, 68], [65, 66, 70, 71, 72], [80, 81])
WEIGHT = 10.0
HELD = SamplingParams(temperature=0, max_tokens=4, logit_bias={97: 100.0, 98: 100.0, 99: 100.0})  # as by a grammar


@pytest.fixture(scope="module")
def engine(llama_model):
    with Engine(llama_model, options=EngineOptions(n_ctx=512)) as engine:
        yield engine


def tokens_of(engine, alternatives=(), params=GREEDY):
    return [event.token for event in engine.submit(PROMPT, params, alternatives=alternatives)]


def log_odds(engine, question):
    """Of YES behind the question; no more than 8, as the engine takes them."""
    logits = engine.logits(question)[-1].astype(np.float64)
    p = math.exp(logits[YES] - logits.max()) / np.exp(logits - logits.max()).sum()
    return max(-8.0, min(8.0, math.log(p / (1 - p))))


def three_ways(first, **changed):
    ways = [Way([first, second], question) for second, question in zip((97, 98, 99), QUESTIONS, strict=True)]
    return [Alternatives(ways, YES, **{"doubt": 1.0, "weight": WEIGHT, **changed})]


def test_the_answers_choose_the_way(engine):
    first, unasked, *_ = tokens_of(engine, params=HELD)
    odds = [log_odds(engine, question) for question in QUESTIONS]
    assert odds[1] > max(odds[0], odds[2]) + 1
    before = engine.stats()
    chosen = tokens_of(engine, three_ways(first), HELD)
    after = engine.stats()
    assert chosen[1] == 98 != unasked
    assert after["questions"] - before["questions"] == 3
    assert after["requests"] - before["requests"] == 1
    assert after["completion_tokens"] - before["completion_tokens"] == 4


def test_ways_at_the_start_need_no_common_token(engine):
    bias = {97: 100.0, 98: 100.0, 99: 100.0}
    params = SamplingParams(temperature=0, max_tokens=2, logit_bias=bias)
    ways = [Way([first], question) for first, question in zip((97, 98, 99), QUESTIONS, strict=True)]
    logits = engine.logits(PROMPT)[-1]
    likeliest = int(logits.argmax())
    for is_no, best in ((False, 98), (True, 97 + int(np.argmin([log_odds(engine, q) for q in QUESTIONS])))):
        # The last way is what the model would say, so that there is something to ask about; its odds are even.
        all_ways = [*ways, Way([likeliest])]
        given = Alternatives(all_ways, YES, is_no=is_no, at_start=True, doubt=2.0, weight=WEIGHT)
        assert tokens_of(engine, [given], params)[0] == best
    before = engine.stats()["questions"]
    tokens_of(engine, [Alternatives(ways, YES, at_start=True, doubt=2.0)])
    assert engine.stats()["questions"] == before, "the answer begins otherwise"


def test_ways_that_are_all_bad_are_still_the_ways(engine):
    first = tokens_of(engine)[0]
    assert max(log_odds(engine, question) for question in QUESTIONS) < 0
    assert tokens_of(engine, three_ways(first))[1] == 98


def test_what_the_caller_bans_stays_banned(engine):
    first = tokens_of(engine)[0]
    banned = replace(GREEDY, logit_bias={98: -100.0})
    assert tokens_of(engine, three_ways(first), banned)[1] != 98


def test_questions_take_no_place_in_the_queue(llama_model):
    with Engine(llama_model, options=EngineOptions(n_ctx=512, n_queue=2, n_parallel=1)) as engine:
        first = tokens_of(engine)[0]
        ways = [Way([first, token], [token] * 300) for token in range(97, 117)]
        asking = engine.submit(PROMPT, GREEDY, alternatives=[Alternatives(ways, YES, doubt=1.0)])
        next(iter(asking))
        other = engine.submit(PROMPT, GREEDY)
        assert [len(list(each)) for each in (other, asking)] == [4, 3]
        assert engine.stats()["questions"] == 20


def test_nobody_waits_for_the_questions_of_a_cancelled_request(llama_model):
    with Engine(llama_model, options=EngineOptions(n_ctx=512, n_parallel=1)) as engine:
        first = tokens_of(engine)[0]
        ways = [Way([first, token], [token] * 400) for token in range(97, 121)]
        asking = engine.submit(PROMPT, GREEDY, alternatives=[Alternatives(ways, YES, doubt=1.0)])
        next(iter(asking))
        asking.cancel()
        before = engine.stats()["evaluated_tokens"]
        assert len(tokens_of(engine)) == 4
        assert engine.stats()["evaluated_tokens"] - before < 12 * 400


def test_too_little_sure_an_answer_changes_nothing(engine):
    first, unasked, *_ = tokens_of(engine, params=HELD)
    asked = tokens_of(engine, three_ways(first, least=7.9), HELD)
    assert asked[:2] == [first, unasked] and tokens_of(engine, three_ways(first), HELD)[1] != unasked


def test_without_doubt_nothing_is_asked(engine):
    plain = tokens_of(engine)
    before = engine.stats()["questions"]
    assert tokens_of(engine, three_ways(plain[0], doubt=0.0)) == plain
    assert tokens_of(engine, three_ways((plain[0] + 1) % 256)) == plain
    assert engine.stats()["questions"] == before


@pytest.mark.parametrize("n_parallel", [1, 2])
def test_many_that_ask_at_once_all_end(llama_model, n_parallel):
    with Engine(llama_model, options=EngineOptions(n_ctx=256, n_parallel=n_parallel)) as engine:
        alone = tokens_of(engine)
        alternatives = three_ways(alone[0])
        expected = tokens_of(engine, alternatives)
        running = [engine.submit(PROMPT, GREEDY, alternatives=alternatives) for _ in range(6)]
        assert [[event.token for event in each] for each in running] == [expected] * 6


def test_one_that_is_cancelled_while_it_asks_ends(engine):
    first = tokens_of(engine)[0]
    long = Alternatives([Way([first, token], [token] * 400) for token in range(97, 105)], YES, doubt=1.0)
    generation = engine.submit(PROMPT, SamplingParams(temperature=0, max_tokens=100), alternatives=[long])
    for _ in generation:
        generation.cancel()
    assert generation.finish_reason == "cancelled"
    assert tokens_of(engine)[0] == first


@pytest.mark.parametrize(
    ("ways", "yes", "error", "words"),
    [
        ([Way([1, 2], [3]), Way([2, 2], [3])], YES, InvalidArgumentError, "the same token"),
        ([Way([], [3])], YES, InvalidArgumentError, "no tokens"),
        ([Way([1, 10**6], [3])], YES, InvalidArgumentError, "1000000"),
        ([Way([1, 2], [-1])], YES, InvalidArgumentError, "-1"),
        ([Way([1, 2], [3])], -5, InvalidArgumentError, "-5"),
        ([Way([1, 2], [3] * 512)], YES, ContextLengthExceededError, "512"),
    ],
)
def test_bad_ways_are_refused(engine, ways, yes, error, words):
    with pytest.raises(error, match=words):
        engine.submit(PROMPT, GREEDY, alternatives=[Alternatives(ways, yes)])
