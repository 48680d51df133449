"""Attention of our own kernel against libllama's: the same model in two processes, of which one has it turned off."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from electron_local import _core
from other_attention_models import write_alibi, write_sinks

# Relative to the largest logit: libllama multiplies its flash attention in float16, ours in float32.
CLOSE = 2e-3
CLOSE_Q8_0 = 2e-2  # and there it also rounds the queries to 8 bits

SCRIPT = """
import json, sys
from electron_local import _core
from electron_local.engine import Engine, EngineOptions, SamplingParams

model, kv_type, tokens = json.loads(sys.argv[1])
with Engine(model, options=EngineOptions(kv_type=kv_type, flash_attention=True, n_threads=2, tune="off")) as engine:
    whole = engine.logits(tokens).tolist()
    # Several conversations whose cells lie among each other's: each must see its own.
    prompts = [tokens[:40] + [token] * 3 for token in tokens[:4]]
    running = [engine.submit(prompt, SamplingParams(temperature=0, max_tokens=24)) for prompt in prompts]
    together = [[event.token for event in answer] for answer in running]
    alone = [[event.token for event in engine.submit(p, SamplingParams(temperature=0, max_tokens=24))] for p in prompts]
print(json.dumps([_core.has_own_attention(), whole, together, alone]))
"""


def answers(model, kv_type, tokens, attention, isa=""):
    environment = {**os.environ, "ELECTRON_LOCAL_ATTENTION": attention, "ELECTRON_LOCAL_ISA": isa}
    command = [sys.executable, "-c", SCRIPT, json.dumps([str(model), kv_type, tokens])]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def has_kernel():
    return {"avx2", "fma", "f16c"} <= set(_core.cpu_features()) or "neon" in _core.cpu_features()


def isas():
    return [isa for isa in ("avx2", "avx512", "neon") if {"avx512": "avx512bw"}.get(isa, isa) in _core.cpu_features()]


@pytest.mark.skipif(not has_kernel(), reason="this processor has no kernel")
@pytest.mark.parametrize("isa", isas())
@pytest.mark.parametrize(("kv_type", "bound"), [("f16", CLOSE), ("q8_0", CLOSE_Q8_0)])
def test_logits_are_those_of_libllama(llama_model, qwen3_model, kv_type, bound, isa):
    for model in (llama_model, qwen3_model) if kv_type == "f16" else (qwen3_model,):
        tokens = [(7 * i) % 250 + 1 for i in range(100)]
        is_own, own, together, alone = answers(model, kv_type, tokens, "own", isa)
        is_theirs, theirs, _, _ = answers(model, kv_type, tokens, "libllama", isa)
        assert (is_own, is_theirs) == (True, False)
        expected, got = np.array(theirs), np.array(own)
        assert 0 < np.abs(got - expected).max() < bound * np.abs(expected).max()  # equal to the bit: not ours
        assert together == alone


@pytest.mark.skipif(not has_kernel(), reason="this processor has no kernel")
@pytest.mark.parametrize("write", [write_alibi, write_sinks])
def test_attention_of_other_kinds_is_left_to_libllama(write, tmp_path):
    model, tokens = write(tmp_path / "model.gguf"), list(range(1, 60))
    is_own, own, _, _ = answers(model, "f16", tokens, "own")
    _, theirs, _, _ = answers(model, "f16", tokens, "libllama")
    assert is_own and own == theirs and np.isfinite(own).all()


def test_a_bad_choice_is_refused():
    script = "from electron_local import _core; _core.has_own_attention()"
    environment = {**os.environ, "ELECTRON_LOCAL_ATTENTION": "theirs"}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False)
    assert "ELECTRON_LOCAL_ATTENTION must be own or libllama, got theirs" in done.stderr


def test_this_process_knows_which_it_has():
    assert isinstance(_core.has_own_attention(), bool)
