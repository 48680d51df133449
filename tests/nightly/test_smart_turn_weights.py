"""The real Smart Turn weights, which pipecat's wheel carries: ours says what pipecat's own analyser says."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest

from electron_local.audio.wav import read_wav
from electron_local.model_store.speech_weights import speech_kind
from electron_local.speech.smart_turn import SmartTurn

SCRIPT = Path(__file__).parent / "clients" / "pipecat_smart_turn.py"

pytestmark = pytest.mark.nightly


def clips(folder):
    """Recordings whole and broken off in the middle; one is longer than the 8 s that count."""
    for path in sorted(folder.glob("*.wav"))[:12]:
        samples = read_wav(path, sample_rate=16000).samples
        yield samples
        yield samples[: len(samples) // 2]


def test_real_weights(shared_data, python_with, tmp_path):
    given = list(clips(shared_data / "audio"))
    paths = [tmp_path / f"{i}.npy" for i in range(len(given))]
    for path, samples in zip(paths, given, strict=True):
        np.save(path, samples)
    command = [python_with("pipecat-ai"), SCRIPT, *paths]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    assert result.returncode == 0, result.stdout + result.stderr
    told = json.loads(result.stdout.strip().splitlines()[-1])
    assert speech_kind(Path(told["weights"])).engine == "smart-turn"
    ours = SmartTurn(told["weights"])
    assert [ours.probability(samples) for samples in given] == pytest.approx(told["probabilities"], abs=1e-4)
    # How low it goes hangs on the CPU: without VNNI instructions the int8 products of ONNX Runtime saturate.
    assert max(told["probabilities"]) > 0.9 and min(told["probabilities"]) < 0.5
