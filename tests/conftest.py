"""Fixtures for all tests, and a header that says what runs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from electron_local import _core
from made_models import LLAMA, QWEN3, write_model
from virtual_time import VirtualRuntime

REPOSITORY = Path(__file__).resolve().parent.parent
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")


def pytest_report_header() -> list[str]:
    return [
        f"electron_local {_core.__version__}, llama-cpp-python {_core.llama_cpp_python_version}",
        f"cpu: {' '.join(_core.cpu_features())}; kernels: {_core.selected_isa()}",
    ]


@pytest.fixture(autouse=True)
def _no_thread_of_virtual_time_is_left() -> Iterator[None]:
    yield
    VirtualRuntime.end_all()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Recordings and reference values that are not part of the project."""
    path = Path(os.environ.get("ELECTRON_LOCAL_TEST_DATA") or REPOSITORY.parent / "shared" / "data")
    if not path.is_dir():
        pytest.skip("no shared test data: set ELECTRON_LOCAL_TEST_DATA to its folder")
    return path


@pytest.fixture(scope="session")
def llama_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random model in the llama shape, F32."""
    return write_model(tmp_path_factory.mktemp("models") / "llama.gguf", LLAMA)


@pytest.fixture(scope="session")
def qwen3_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random model in the qwen3 shape, F32."""
    return write_model(tmp_path_factory.mktemp("models") / "qwen3.gguf", QWEN3)
