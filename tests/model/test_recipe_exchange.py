"""The recipe exchanges what a document copies for any tokens, in all places alike, and nothing else."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("tokenizers")
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "models" / "electron-nano"))

from exchange import Exchange, copied_values
from rendering import render, tokens_and_weights
from tokenizer import train

CALL = {"function": {"name": "play_music", "arguments": {"query": "silver morning", "loud": True}}}
MESSAGES = [
    {"role": "system", "content": "Play what they want."},
    {"role": "user", "content": "play silver morning for me please"},
    {"role": "assistant", "content": "", "tool_calls": [CALL]},
    {"role": "tool", "content": json.dumps({"playing": "silver morning"})},
    {"role": "assistant", "content": "Playing silver morning."},
]
TOOLS = [{"function": {"name": "play_music", "description": "Plays music, loud or not.", "parameters": {}}}]


def test_values_of_calls_and_results_are_copied() -> None:
    assert copied_values(MESSAGES, ["kept"]) == ["kept", "silver morning", "silver morning"]


@pytest.mark.parametrize("seed", range(5))
def test_a_value_becomes_the_same_tokens_wherever_it_stands(seed: int) -> None:
    tokenizer = train(iter([render(MESSAGES, TOOLS), "carrot lantern velvet thunder copper"] * 50), 700)
    ids, weights = tokens_and_weights(tokenizer, render(MESSAGES, TOOLS))
    values = copied_values(MESSAGES, [])
    rng = np.random.default_rng(seed)
    exchanged = Exchange(tokenizer)(rng, ids, weights, values, json.dumps(TOOLS))
    assert len(exchanged) == len(ids)
    for text, n_times in ((" silver", 2), ("silver", 2), (" morning", 4)):
        (token,) = tokenizer.encode(text).ids
        places = np.flatnonzero(ids == token)
        assert len(places) == n_times
        assert len({int(t) for t in exchanged[places]}) == 1
    base = Exchange(tokenizer).base
    (silver,), (spaced,) = (tokenizer.encode(t).ids for t in ("silver", " silver"))
    assert set(base[exchanged[ids == silver]]) == set(base[exchanged[ids == spaced]])
    kept = {i for t in ("silver", " silver", " morning") for i in tokenizer.encode(t).ids}
    changed = ids != exchanged
    assert set(ids[changed].tolist()) <= kept


def test_some_value_is_exchanged_most_of_the_time() -> None:
    tokenizer = train(iter([render(MESSAGES, TOOLS)] * 50), 700)
    ids, weights = tokens_and_weights(tokenizer, render(MESSAGES, TOOLS))
    exchange, values = Exchange(tokenizer), copied_values(MESSAGES, [])
    n = sum(bool((exchange(np.random.default_rng(seed), ids, weights, values, "") != ids).any()) for seed in range(40))
    assert n > 30
