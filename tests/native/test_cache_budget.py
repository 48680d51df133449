"""What the cache takes when nobody says, and that it never takes more than it was given."""

from __future__ import annotations

import pytest

from electron_local import _core
from electron_local.engine import Engine, EngineOptions, SamplingParams
from electron_local.errors import InvalidArgumentError


def test_auto_gives_small_models_room_for_all_that_run(llama_model):
    with Engine(llama_model, options=EngineOptions(n_parallel=4)) as engine:
        assert engine.settings.n_ctx == 512
        assert engine.stats()["cache"]["cells_total"] == 4 * 512
        assert engine.stats()["cache"]["host_bytes_total"] == engine.settings.host_bytes > 0


def test_what_is_given_is_a_hard_limit(llama_model):
    options = EngineOptions(cache_tokens=600, host_bytes=10_000, n_parallel=4)
    with Engine(llama_model, options=options) as engine:
        running = [engine.submit([i, *range(200)], SamplingParams(max_tokens=100)) for i in range(8)]
        for generation in running:
            assert generation.wait().prompt_tokens == 201
            cache = engine.stats()["cache"]
            assert cache["cells_used"] <= cache["cells_total"] == 600
            assert cache["host_bytes"] <= cache["host_bytes_total"] == 10_000
    with pytest.raises(InvalidArgumentError, match="cache_tokens"):
        Engine(llama_model, options=EngineOptions(cache_tokens=500))


def test_memory_is_known():
    available = _core.available_memory()
    assert available is None or available > 2**20
