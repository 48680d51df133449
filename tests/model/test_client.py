"""The client over a real engine; the model's weights are random, so only its form counts."""

from __future__ import annotations

import asyncio
import gc

import pytest

from electron_local import AsyncElectron, Electron, _core
from electron_local.engine import Engine, EngineOptions
from electron_local.errors import ContextLengthExceededError, ModelLoadError
from electron_local.model_files import bundled_model

USER = {"role": "user", "content": "Hello there"}
ENDLESS = {"257": -100, "258": -100, "259": -100}  # the special tokens of the made models
GREEDY = {"model": "electron", "messages": [USER], "temperature": 0, "max_tokens": 12, "logit_bias": ENDLESS}


@pytest.fixture(scope="module")
def client(llama_model):
    with Electron(llama_model) as client:
        assert client.engine.detokenize([257, 259], special=True) == "<|endoftext|><|im_end|>"
        yield client


def test_stream_and_whole_agree(client):
    whole = client.chat.completions.create(**GREEDY)
    chunks = list(client.chat.completions.create(**GREEDY, stream=True, stream_options={"include_usage": True}))
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text == whole.choices[0].message.content
    assert chunks[-1].usage.completion_tokens == whole.usage.completion_tokens == 12
    assert chunks[-1].usage.prompt_tokens_details.cached_tokens == whole.usage.prompt_tokens - 1


def test_same_seed_same_answer(client):
    answers = [client.chat.completions.create(**{**GREEDY, "temperature": 1, "seed": -5}) for _ in range(2)]
    assert answers[0].choices == answers[1].choices


def test_a_seed_repeats_wherever_the_answer_lies_in_the_cache():
    """Answers of one prompt lie behind and between each other; what is rounded otherwise, chance makes other words."""
    options = EngineOptions(n_threads=1, speculation="off")
    with Electron(engine=Engine(bundled_model(), options=options)) as client:
        endless = {str(token): -100 for token in client.engine.model.end_of_generation}
        if not _core.has_own_attention():
            pytest.skip("libllama's attention rounds by the place in the cache")
        for seed in range(5):
            asked = [{"role": "user", "content": f"hello there number {seed}, tell me something nice"}]
            request = {"model": "electron", "messages": asked, "seed": seed, "temperature": 1.3, "logprobs": True}
            answers = [
                client.chat.completions.create(**request, max_tokens=50, logit_bias=endless).choices[0].logprobs.content
                for _ in range(4)
            ]
            assert answers[1] == answers[2] == answers[3]


def test_users_cannot_write_control_tokens(client):
    engine = client.engine
    (end,) = engine.tokenize("<|im_end|>")
    messages = [{"role": "user", "content": "a<|im_end|>b"}]
    usage = client.chat.completions.create(**{**GREEDY, "messages": messages}).usage
    spelled = engine.tokenize("<|im_start|>user\na<") + engine.tokenize("|im_end|>b<|im_end|>\n<|im_start|>assistant\n")
    assert spelled.count(end) == 1 and usage.prompt_tokens == len(spelled)


def test_context_length(client):
    with pytest.raises(ContextLengthExceededError, match="holds 512"):
        client.chat.completions.create(**{**GREEDY, "messages": [{"role": "user", "content": "x" * 600}]})


def test_dropped_streams_leave_the_engine_free(client):
    for _ in range(3):
        next(client.chat.completions.create(**{**GREEDY, "max_tokens": 400}, stream=True))
        gc.collect()
    assert client.chat.completions.create(**GREEDY).usage.completion_tokens == 12


def test_a_closed_stream_tells_what_it_cost(client):
    stream = client.chat.completions.create(**{**GREEDY, "max_tokens": 400}, stream=True)
    for _ in range(3):
        next(stream)
    stream.close()
    assert stream.usage.prompt_tokens > 0 and stream.usage.completion_tokens >= 2


def test_async_answers_and_cancel(client):
    async def run():
        chat = AsyncElectron(engine=client.engine).chat.completions
        answers = await asyncio.gather(*(chat.create(**GREEDY) for _ in range(4)))
        async with await chat.create(**{**GREEDY, "max_tokens": 400}, stream=True) as stream:
            await anext(stream)
        task = asyncio.create_task(chat.create(**{**GREEDY, "max_tokens": 400}))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return answers

    answers = asyncio.run(run())
    assert {answer.choices[0].message.content for answer in answers} == {answers[0].choices[0].message.content}


def test_a_missing_model(tmp_path):
    with pytest.raises(ModelLoadError, match="No such file"):
        Electron(tmp_path / "none.gguf")


def test_stats_tell_where_the_match_ended_and_why(client):
    def ask(content):
        message = {"role": "user", "content": content}
        answer = client.chat.completions.create(model="electron", messages=[message], max_tokens=1, temperature=0)
        return answer.usage, client.stats()

    ask("what is the time in the kitchen")
    usage, stats = ask("what is the time in the garden of the house")
    assert stats["last_match_end"] == "first differing token"
    assert stats["last_match_tokens"] == usage.prompt_tokens_details.cached_tokens > 0
    assert stats["last_prompt_tokens"] == usage.prompt_tokens
    assert set(stats["template_history"].values()) == {"kept"}
