"""The engine's contract: counts, sampling, text."""

from __future__ import annotations

import asyncio
import random

import pytest

from electron_local.engine import Engine, EngineOptions, SamplingParams
from greedy_answers import GREEDY, tokens_of

LANGUAGES = {
    "Arabic": "مرحبا بالعالم",
    "Bengali": "ওহে বিশ্ব",
    "Chinese": "你好，世界。今天天气很好",
    "Emoji": "👩‍👩‍👧‍👦 🇩🇪 🎉",
    "Greek": "Γειά σου Κόσμε",
    "Hebrew": "שלום עולם",
    "Hindi": "नमस्ते दुनिया",
    "Japanese": "こんにちは世界",
    "Korean": "안녕하세요 세계",
    "Tamil": "வணக்கம் உலகம்",
    "Thai": "สวัสดีชาวโลก",
    "Ukrainian": "Привіт, світе",
}


def evaluated_tokens(engine: Engine) -> int:
    """Without the guesses that were refused."""
    stats = engine.stats()
    return stats["evaluated_tokens"] - (stats["drafted_tokens"] - stats["accepted_tokens"])


@pytest.mark.parametrize("text", LANGUAGES.values(), ids=LANGUAGES.keys())
def test_text_survives_a_round_trip(engine, text):
    assert engine.detokenize(engine.tokenize(text)) == text


def test_special_tokens_are_parsed_only_when_asked(engine):
    assert len(engine.tokenize("<|im_end|>")) == 1
    assert len(engine.tokenize("<|im_end|>", parse_special=False)) > 1


def test_streamed_text_is_the_detokenized_reply(engine):
    for seed in range(20):
        params = SamplingParams(temperature=1.5, seed=seed, max_tokens=64)
        events = list(engine.submit(engine.tokenize("hello"), params))
        whole = engine.detokenize([event.token for event in events if event.token >= 0])
        text = "".join(event.text for event in events)
        # An unfinished character at the very end is dropped; detokenize shows it as U+FFFD.
        assert whole in (text, text + "\ufffd")


def test_cached_and_evaluated_tokens_add_up_to_the_prompt(llama_model):
    rng = random.Random(7)
    with (
        Engine(llama_model, options=EngineOptions(n_ctx=256)) as cached,
        Engine(llama_model, options=EngineOptions(n_ctx=256, use_prefix_cache=False)) as naive,
    ):
        prompt = [rng.randrange(256) for _ in range(40)]
        for _ in range(60):
            cut = rng.randrange(1, len(prompt) + 1)
            prompt = prompt[:cut] + [rng.randrange(256) for _ in range(rng.randrange(1, 30))]
            prompt = prompt[:200]
            before = evaluated_tokens(cached)
            generation = cached.submit(prompt, GREEDY)
            reply = [event.token for event in generation if event.token >= 0]
            usage = generation.usage
            evaluated = evaluated_tokens(cached) - before
            # The last sampled token is never evaluated; an end-of-generation token is counted but not shown.
            assert usage.cached_tokens + evaluated == usage.prompt_tokens + usage.completion_tokens - 1
            assert usage.cached_tokens < usage.prompt_tokens
            assert reply == tokens_of(naive, prompt)


def test_the_reply_stays_in_the_cache(engine):
    prompt = engine.tokenize("one two three")
    reply = tokens_of(engine, prompt)
    follow_up = engine.submit([*prompt, *reply, *engine.tokenize("four")], GREEDY)
    assert follow_up.wait().cached_tokens == len(prompt) + len(reply) - 1


def test_a_cold_prompt_has_no_cached_tokens(llama_model):
    with Engine(llama_model) as engine:
        assert engine.submit(engine.tokenize("abc"), GREEDY).wait().cached_tokens == 0
        assert engine.stats()["last_match_end"] == "cold"


def test_the_same_prompt_is_never_matched_whole(engine):
    prompt = engine.tokenize("a whole prompt")
    engine.submit(prompt, GREEDY).wait()
    assert engine.submit(prompt, GREEDY).wait().cached_tokens == len(prompt) - 1


def test_prefill_warms_the_cache(engine):
    prompt = engine.tokenize("You are a kiosk.")
    engine.prefill(prompt)
    assert engine.submit([*prompt, *engine.tokenize("Hi")], GREEDY).wait().cached_tokens == len(prompt)


def test_seed_repeats_and_differs(engine):
    prompt = engine.tokenize("hello")
    draw = [
        tokens_of(engine, prompt, SamplingParams(temperature=2.0, seed=seed, max_tokens=32)) for seed in (1, 1, 2, -5)
    ]
    assert draw[0] == draw[1]
    assert draw[0] != draw[2]


def test_logit_bias_forbids_and_forces(engine):
    prompt = engine.tokenize("hello")
    first = tokens_of(engine, prompt)[0]
    banned = SamplingParams(temperature=0, max_tokens=1, logit_bias={first: -100})
    assert tokens_of(engine, prompt, banned) != [first]
    forced = SamplingParams(temperature=1, seed=1, max_tokens=3, logit_bias={65: 100})
    assert tokens_of(engine, prompt, forced) == [65, 65, 65]


def test_top_k_one_is_greedy(engine):
    prompt = engine.tokenize("hello")
    assert tokens_of(engine, prompt, SamplingParams(top_k=1, seed=3, max_tokens=8)) == tokens_of(engine, prompt)


def test_presence_penalty_stops_repetition(engine):
    bias = {token: 100 for token in (65, 66)}
    params = SamplingParams(temperature=0, max_tokens=2, logit_bias=bias, frequency_penalty=2.0, presence_penalty=2.0)
    assert len(set(tokens_of(engine, engine.tokenize("hello"), params))) == 2


def test_stop_strings_never_show(engine):
    forced = {ord("A"): 100}
    for stop in ("A", "AA", "AAA"):
        params = SamplingParams(temperature=0, max_tokens=10, logit_bias=forced, stop=[stop])
        generation = engine.submit(engine.tokenize("x"), params)
        assert "".join(event.text for event in generation) == ""
        assert generation.finish_reason == "stop"
        assert generation.usage.completion_tokens == len(stop)


def test_text_held_for_a_stop_string_is_released_at_the_end(engine):
    params = SamplingParams(temperature=0, max_tokens=3, logit_bias={ord("A"): 100}, stop=["AAAA"])
    generation = engine.submit(engine.tokenize("x"), params)
    assert "".join(event.text for event in generation) == "AAA"
    assert generation.finish_reason == "length"


def test_async_iteration_gives_the_same_tokens(engine):
    prompt = engine.tokenize("hello")

    async def one() -> list[int]:
        return [event.token async for event in engine.submit(prompt, GREEDY) if event.token >= 0]

    async def several() -> list[list[int]]:
        return await asyncio.gather(*(one() for _ in range(5)))

    assert asyncio.run(several()) == [tokens_of(engine, prompt)] * 5


@pytest.mark.parametrize("options", [EngineOptions(n_batch=4), EngineOptions(n_ctx=1), EngineOptions(n_ctx=16)])
def test_tiny_batches_and_contexts_work(llama_model, options):
    with Engine(llama_model, options=options) as engine:
        prompt = [1] * min(10, engine.n_ctx - 1)
        if prompt:
            assert engine.submit(prompt, SamplingParams(max_tokens=1)).wait().prompt_tokens == len(prompt)
        engine.prefill([1])


def test_a_slow_async_reader_does_not_spin(engine):
    """A token wakes the event loop at most once, also while the reader is busy elsewhere."""
    n_tokens = 50

    async def count_wakes() -> int:
        loop = asyncio.get_running_loop()
        add_reader, n_wakes = loop.add_reader, 0

        def add_counted(fd, callback):
            def counted():
                nonlocal n_wakes
                n_wakes += 1
                callback()

            add_reader(fd, counted)

        loop.add_reader = add_counted
        generation = engine.submit([1, 2, 3], SamplingParams(max_tokens=n_tokens, logit_bias={65: 100}))
        events = aiter(generation)
        await anext(events)
        while generation.finish_reason is None:
            await asyncio.sleep(0)
        for _ in range(1000):
            await asyncio.sleep(0)
        await events.aclose()
        return n_wakes

    assert asyncio.run(count_wakes()) <= n_tokens + 1
