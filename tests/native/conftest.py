"""Fixtures for all tests of the core."""

from __future__ import annotations

import pytest

from electron_local.engine import Engine, EngineOptions


@pytest.fixture(scope="module")
def engine(llama_model):
    with Engine(llama_model, options=EngineOptions(n_ctx=512)) as engine:
        yield engine
