"""A process whose daemon threads are in the core ends like any other."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

# Behind the interpreter's end and that of all static objects the process stays for a while: threads come back from
# the core into what is left.
CHILD = """
import ctypes
import sys
import threading
from contextlib import suppress
from itertools import count

libc = ctypes.CDLL(None)
libc.__cxa_atexit(libc.usleep, ctypes.c_void_p(300_000), None)

import numpy as np
from electron_local import Vad, _core
from electron_local.engine import Engine, EngineOptions, SamplingParams
from electron_local.errors import InvalidArgumentError

engine = Engine(sys.argv[1], options=EngineOptions(n_ctx=256))
vad, echo = Vad(), _core.EchoGuard()
sound = np.random.default_rng(1).uniform(-0.5, 0.5, 32_000).astype(np.float32)
refused = np.append(sound, np.float32("nan"))
rates = count(8000)

def hear_refused():
    with suppress(InvalidArgumentError):
        vad.probabilities(refused)

tasks = [
    lambda: vad.probabilities(sound),
    hear_refused,
    lambda: echo.process(sound, sound),
    lambda: _core.float32_to_int16(sound),
    lambda: _core.resample(sound, 16000, next(rates), "hq", False),
    lambda: _core.Resampler(16000, next(rates), "vhq"),
    lambda: engine.tokenize("to and fro " * 500),
    lambda: engine.logits([1, 2, 3]),
    lambda: list(engine.submit([1, 2, 3], SamplingParams(max_tokens=5))),
]
passed = threading.Barrier(len(tasks) + 1)

def repeat(task):
    task()
    passed.wait()
    while True:
        task()

for task in tasks:
    threading.Thread(target=repeat, args=(task,), daemon=True).start()
passed.wait()
"""


@pytest.mark.parametrize("attempt", range(3))
def test_daemon_threads_in_the_core_do_not_end_the_process_badly(qwen3_model, attempt):
    environment = os.environ | {"GGML_NO_BACKTRACE": "1"}  # which would outlast the process and hide how it ends
    command = [sys.executable, "-c", CHILD, str(qwen3_model)]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


LOADING = """
import sys
import threading
import time
from electron_local.engine import Engine, EngineOptions

def load():
    while True:
        Engine(sys.argv[1], options=EngineOptions(n_ctx=256, tune="off")).close()

threading.Thread(target=load, daemon=True).start()
time.sleep(float(sys.argv[2]))
"""


@pytest.mark.parametrize("after_s", [0.0, 0.05, 0.1, 0.15])
def test_a_daemon_thread_that_loads_a_model_does_not_end_the_process_badly(qwen3_model, after_s):
    command = [sys.executable, "-c", LOADING, str(qwen3_model), str(after_s)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 0, result.stderr
