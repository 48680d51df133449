"""The WebSocket with all real behind it: the bundled model, both default engines, committed speech in real time."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hydra_rig import Hydra, serving

from electron_local.audio import read_wav
from electron_local.audio.codec import float32_to_int16
from electron_local.client import Electron
from electron_local.demo.agent import INSTRUCTIONS, TOOLS
from electron_local.demo.recordings import find_recording

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "hydra_client.py"
FLAT = [{"type": "function", **tool["function"]} for tool in TOOLS]


class Ears:
    """An end-of-turn model that is sure of every pause."""

    n_asked = 0

    def probability(self, samples):
        self.n_asked += 1
        return 1.0


EARS = Ears()


@pytest.fixture(scope="module")
def address():
    with Electron() as client, serving(path=client.chat_path, max_sessions=2, end_of_turn=EARS) as (url, _):
        yield url


def test_a_spoken_request_becomes_a_call_and_its_result_is_spoken(address):
    recording = find_recording("temperature")
    pcm = float32_to_int16(read_wav(recording.path, 16000).samples).tobytes()
    with Hydra(address, speed=1) as hydra:
        hydra.configure(instructions=INSTRUCTIONS, tools=FLAT)
        hydra.push(pcm, 2)
        hydra.quiet(1500)
        call = hydra.until("response.function_call_arguments.done")
        assert EARS.n_asked > 0
        assert (call["name"], json.loads(call["arguments"])) == (recording.tool, recording.arguments)
        output = {"type": "function_call_output", "call_id": call["call_id"], "output": '{"degrees": 22}'}
        hydra.send("conversation.item.create", item=output)
        hydra.send("response.create")
        responses = [event["response"] for event in hydra.of("response.done")]
        while len(responses) < 2:
            responses.append(hydra.until("response.done")["response"])
        assert [response["status"] for response in responses] == ["completed"] * 2
        assert responses[1]["usage"]["output_tokens"] > 0 and not hydra.of("error")
        samples = np.frombuffer(hydra.audio(responses[1]["id"]), "<i2")
        assert len(samples) > 9600 and np.abs(samples).max() > 3000


def test_the_example(address, tmp_path):
    recording, reply = find_recording("timer"), tmp_path / "reply.wav"
    words = [str(EXAMPLE), str(recording.path), str(reply), f"{address}/waves/v1/s2s"]
    said = subprocess.run([sys.executable, *words], capture_output=True, text=True, timeout=60, check=True).stdout
    assert said.startswith("set_timer") and json.loads(said.removeprefix("set_timer")) == recording.arguments
    assert read_wav(reply).sample_rate == 48000 and len(read_wav(reply).samples) > 9600
