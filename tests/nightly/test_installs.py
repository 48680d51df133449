"""Installs of every kind answer. Minutes each: they compile, the plain one libllama too."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
ASK = (
    "from electron_local import Electron; print(Electron().chat.completions.create(model='electron', temperature=0, "
    "messages=[{'role': 'user', 'content': 'hello'}]).choices[0].message.content)"
)

pytestmark = pytest.mark.nightly


def run(*command: str | Path, **environment: str) -> str:
    result = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd="/", env={**os.environ, **environment}
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def prepared_libllama() -> str:
    """pip's find-links with the folder of the wheel that `make` uses."""
    folder = run(sys.executable, REPOSITORY / "tools" / "libllama_wheel.py").strip()
    return f"{os.environ.get('PIP_FIND_LINKS', '')} {folder}".strip()


def test_target_install_answers(tmp_path):
    target = tmp_path / "target"
    run(
        *(sys.executable, "-m", "pip", "install", "-q", "--target", target, REPOSITORY),
        PIP_FIND_LINKS=prepared_libllama(),
    )
    assert run(sys.executable, "-S", "-c", ASK, PYTHONPATH=str(target)).strip()


def test_plain_pip_install_answers(tmp_path):
    """As a user types it: nothing prepared, pip compiles libllama by itself (once, through its cache)."""
    environment = tmp_path / "venv"
    venv.create(environment, with_pip=True)
    run(environment / "bin" / "pip", "install", "-q", REPOSITORY, PIP_CACHE_DIR=str(tmp_path / "cache"))
    assert run(environment / "bin" / "python", "-c", ASK).strip()
    assert "libllama" in run(environment / "bin" / "electron-local", "doctor")


def test_the_pipeline_by_hand_from_a_clean_install(tmp_path):
    environment = tmp_path / "venv"
    venv.create(environment, with_pip=True)
    run(
        *(environment / "bin" / "pip", "install", "-q", f"{REPOSITORY}[voice,espeak]"),
        PIP_FIND_LINKS=prepared_libllama(),
    )
    answer = tmp_path / "answer.wav"
    question = REPOSITORY / "python" / "electron_local" / "demo" / "recordings" / "timer.wav"
    said = run(environment / "bin" / "python", REPOSITORY / "examples" / "pipeline.py", question, answer)
    assert 'set_timer({"minutes": 10})' in said and answer.stat().st_size > 10_000
