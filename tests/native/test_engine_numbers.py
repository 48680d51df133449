"""The numbers that the engine computes, against llama-cpp-python and a float64 reference."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from electron_local.engine import Engine, EngineOptions, SamplingParams
from electron_local.model_files import bundled_model

PEER = Path(__file__).resolve().parent.parent / "peer_logits.py"
BOUND = 1e-3  # on logits of magnitude 1 to 20; batch shapes differ, so sums are ordered differently
REFERENCE_BOUND = 1e-2  # against float64: keys and values are kept in float16
N_GREEDY = 24


def peer(model: Path, tokens: list[int], out: Path) -> tuple[np.ndarray, list[int]]:
    command = [sys.executable, str(PEER), str(model), str(out), str(N_GREEDY), *map(str, tokens)]
    subprocess.run(command, check=True, capture_output=True)
    with np.load(out) as data:
        return data["logits"], data["greedy"].tolist()


def assert_equals_peer(model: Path, prompt: str, tmp_path: Path) -> None:
    with Engine(model, options=EngineOptions(n_ctx=512, n_threads=1, flash_attention=False)) as engine:
        tokens = engine.tokenize(prompt)
        logits, greedy = peer(model, tokens, tmp_path / "peer.npz")
        ours = engine.logits(tokens)
        assert ours.shape == logits.shape
        assert np.abs(ours - logits).max() < BOUND

        # Greedy tokens agree up to the first near-tie: from there on the two may rightly part.
        params = SamplingParams(temperature=0, max_tokens=N_GREEDY)
        generated = [event.token for event in engine.submit(tokens, params) if event.token >= 0]
        for i, (mine, theirs) in enumerate(zip(generated, greedy, strict=False)):
            best, second = np.sort(engine.logits(tokens + greedy[:i])[-1])[-1:-3:-1]
            if best - second <= BOUND:
                return
            assert mine == theirs


@pytest.mark.parametrize("fixture", ["llama_model", "qwen3_model"])
def test_random_models_equal_llama_cpp_python(fixture, request, tmp_path):
    assert_equals_peer(request.getfixturevalue(fixture), "the quick brown fox jumps over the lazy dog", tmp_path)


def test_stories_model_equals_llama_cpp_python(shared_data, tmp_path):
    assert_equals_peer(shared_data / "models" / "stories260K-F32.gguf", "Once upon a time", tmp_path)


def test_bundled_model_equals_llama_cpp_python(tmp_path):
    assert_equals_peer(bundled_model(), "<|im_start|>user\nset a timer<|im_end|>\n<|im_start|>assistant\n", tmp_path)


def test_stories_model_equals_its_float64_reference(shared_data):
    references = json.loads((shared_data / "models" / "stories260K_ref.json").read_text())["refs"]
    options = EngineOptions(flash_attention=False)
    with Engine(shared_data / "models" / "stories260K-F32.gguf", options=options) as engine:
        for reference in references:
            params = SamplingParams(temperature=0, max_tokens=len(reference["greedy_ids"]))
            generated = [event.token for event in engine.submit(reference["prompt_ids"], params)]
            assert generated == reference["greedy_ids"]
            top = engine.logits(reference["prompt_ids"])[-1]
            for token, logit in reference["first_top5"]:
                assert abs(top[token] - logit) < REFERENCE_BOUND
