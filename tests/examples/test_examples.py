"""The programs in examples/ run as they stand, on recordings, and do what they say."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import wave
from pathlib import Path

import pytest

from electron_local.demo.recordings import find_recording

pytest.importorskip("pocketsphinx")
pytest.importorskip("espeakng_loader")

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    """All of them at once, since they wait for real time to pass: output and folder of each."""
    folder = tmp_path_factory.mktemp("examples")
    recordings = folder / "recordings"
    recordings.mkdir()
    shutil.copy(find_recording("timer").path, recordings)
    arguments = {
        "pipeline": [],
        "kiosk": [],
        "car": [str(find_recording("window").path)],
        "latency": [str(recordings), "--json", "latency.json"],
    }
    running = {
        name: subprocess.Popen(
            [sys.executable, str(EXAMPLES / f"{name}.py"), *words],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for name, words in arguments.items()
    }
    found = {}
    for name, process in running.items():
        output, errors = process.communicate(timeout=180)
        assert process.returncode == 0, f"{name}: {errors}"
        found[name] = output
    return found, folder


def seconds_of(path):
    with wave.open(str(path)) as file:
        return file.getnframes() / file.getframerate()


def test_pipeline(outcomes):
    output, folder = outcomes[0]["pipeline"], outcomes[1]
    assert "heard: " in output and 'set_timer({"minutes": 10})' in output and "says: " in output
    assert seconds_of(folder / "answer.wav") > 0.5
    assert len((EXAMPLES / "pipeline.py").read_text().splitlines()) < 60


def test_kiosk(outcomes):
    assert "customer: i would like to order" in outcomes[0]["kiosk"] and "2 x large coffee" in outcomes[0]["kiosk"]
    assert seconds_of(outcomes[1] / "kiosk.wav") > 0.5


def test_car(outcomes):
    assert "window='open'" in outcomes[0]["car"]
    assert seconds_of(outcomes[1] / "car.wav") > 0.5


def test_latency(outcomes):
    found = json.loads((outcomes[1] / "latency.json").read_text())
    assert found["summary"]["voice_to_voice_ms"]["n"] == 1
    assert 0 < found["files"]["timer.wav"]["voice_to_voice_ms"] < 60_000
    assert "timer.wav" in outcomes[0]["latency"]
