"""What the engine refuses: parameters, prompts, options; and a model that computes NaN."""

from __future__ import annotations

import math

import pytest

from electron_local.engine import Engine, EngineOptions, SamplingParams
from electron_local.errors import ContextLengthExceededError, InternalServerError, InvalidArgumentError
from greedy_answers import GREEDY


@pytest.mark.parametrize(
    ("params", "message"),
    [
        (SamplingParams(temperature=-0.1), "temperature"),
        (SamplingParams(temperature=math.nan), "temperature"),
        (SamplingParams(top_p=1.5), "top_p"),
        (SamplingParams(top_k=-1), "top_k"),
        (SamplingParams(min_p=2.0), "min_p"),
        (SamplingParams(presence_penalty=3.0), "presence_penalty"),
        (SamplingParams(frequency_penalty=-3.0), "frequency_penalty"),
        (SamplingParams(repeat_penalty=0.0), "repeat_penalty"),
        (SamplingParams(max_tokens=0), "max_tokens"),
        (SamplingParams(stop=[""]), "stop"),
        (SamplingParams(logit_bias={10**6: 1.0}), "logit_bias"),
        (SamplingParams(logit_bias={1: 101.0}), "logit_bias"),
    ],
)
def test_bad_parameters_are_refused(engine, params, message):
    with pytest.raises(InvalidArgumentError, match=message):
        engine.submit([1], params)


@pytest.mark.parametrize("tokens", [[], [-1], [10**6]])
def test_bad_prompts_are_refused(engine, tokens):
    with pytest.raises(InvalidArgumentError):
        engine.submit(tokens, GREEDY)


def test_a_prompt_that_does_not_fit_is_refused_with_both_counts(engine):
    with pytest.raises(ContextLengthExceededError, match=r"512 tokens .* holds 512"):
        engine.submit([1] * 512, SamplingParams(max_tokens=None))
    with pytest.raises(ContextLengthExceededError, match="600 tokens"):
        engine.logits([1] * 600)


def test_bad_options_are_refused(llama_model):
    with pytest.raises(InvalidArgumentError, match="n_ctx must be between 0 and 512, got 513"):
        Engine(llama_model, options=EngineOptions(n_ctx=513))
    with pytest.raises(InvalidArgumentError, match="n_threads"):
        Engine(llama_model, options=EngineOptions(n_threads=0))


@pytest.mark.parametrize("name", ["cache_dir", "lora", "draft_model"])
def test_an_empty_path_is_refused(llama_model, name):
    with pytest.raises(InvalidArgumentError, match=f"{name} must be a path or None, got ''"):
        Engine(llama_model, options=EngineOptions(**{name: ""}))


def test_a_single_stop_string_must_be_in_a_list(engine):
    with pytest.raises(InvalidArgumentError, match="list of strings"):
        engine.submit([1], SamplingParams(stop="END"))


def test_a_model_that_computes_nan_fails_the_request_and_not_the_process(llama_model, tmp_path):
    damaged = tmp_path / "damaged.gguf"
    data = bytearray(llama_model.read_bytes())
    n = len(data) // 3
    data[-n:] = b"\xff" * n
    damaged.write_bytes(data)
    with Engine(damaged, options=EngineOptions(n_ctx=512)) as engine:
        for _ in range(2):
            with pytest.raises(InternalServerError, match="NaN"):
                list(engine.submit([1, 2, 3], GREEDY))
