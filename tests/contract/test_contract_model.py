"""The doors over the bundled model: what no scripted engine answers, log-probabilities and grammars among it."""

from __future__ import annotations

import json

import pytest

from contract.good_requests import TWO, json_schema
from electron_local.engine import Engine, EngineOptions
from electron_local.model_files import bundled_model

pytest.importorskip("openai")
pytest.importorskip("starlette")

from contract.doors import DOORS, agreed

SIZES = {"enum": ["small", "medium", "large"]}
ORDER = {"type": "object", "properties": {"size": SIZES, "sugar": {"type": "boolean"}}, "required": ["size"]}
NAMED = {"type": "function", "function": {"name": "set_timer"}}
REQUESTS = {
    "greedy": {},
    "drawn with a seed": {"temperature": 1, "seed": 7},
    "top_p": {"temperature": 1, "seed": 7, "top_p": 0.5},
    "penalties": {"presence_penalty": 1.5, "frequency_penalty": 1.5},
    "a bias": {"logit_bias": {"40": 100}},
    "a stop": {"stop": ["e"]},
    "logprobs": {"logprobs": True},
    "top_logprobs": {"logprobs": True, "top_logprobs": 5},
    "json_object": {"response_format": {"type": "json_object"}},
    "json_schema": {"response_format": json_schema(ORDER, strict=True)},
    "a schema that cannot be enforced": {"response_format": json_schema({"type": "banana"})},
    "tools": {"tools": TWO},
    "a call that must come": {"tools": TWO, "tool_choice": "required"},
    "a call that is named": {"tools": TWO, "tool_choice": NAMED},
    "no call": {"tools": TWO, "tool_choice": "none"},
    "no room": {"max_tokens": 2000},
}


@pytest.fixture(scope="module")
def engine():
    # Without the cache the second door's count of cached tokens is the first one's.
    with Engine(bundled_model(), options=EngineOptions(n_ctx=1024, use_prefix_cache=False)) as engine:
        yield engine


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("name", REQUESTS)
def test_the_doors_agree(engine, name, stream):
    body = {
        "model": "electron",
        "messages": [{"role": "user", "content": "Set a timer for five minutes."}],
        "max_tokens": 40,
        "temperature": 0,
        **REQUESTS[name],
        **({"stream": True, "stream_options": {"include_usage": True}} if stream else {}),
    }
    outcome = agreed(*(door(body, engine) for door in DOORS))
    is_refused = name in ("a schema that cannot be enforced", "no room")
    assert outcome.status == (400 if is_refused else 200), outcome.body
    if not stream and "logprobs" in body:
        assert len(outcome.body["choices"][0]["logprobs"]["content"]) > 0
    if not stream and name == "json_schema":
        assert json.loads(outcome.body["choices"][0]["message"]["content"])["size"] in SIZES["enum"]
    if not stream and "a call that" in name:
        assert outcome.body["choices"][0]["message"]["tool_calls"][0]["function"]["name"] == "set_timer"
