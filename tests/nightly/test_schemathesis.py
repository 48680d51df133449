"""Schemathesis against `/openapi.json`: no 500, and no answer outside the document."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
from importlib.util import find_spec

import pytest

from electron_local.chat.completions import ChatPath
from electron_local.server import create_app
from electron_local.server.listening import listen, url_of
from electron_local.server.options import ServerOptions
from electron_local.server.serving import Server
from fakes import FakeEngine

N_CALLS = 2000
N_EXAMPLES = 250  # an operation

pytestmark = pytest.mark.nightly


def test_random_calls():
    """What a schema cannot say (a tool message's call must come before it, say) is a 400 for a valid request."""
    if find_spec("schemathesis") is None:
        pytest.skip("schemathesis is not installed")
    options = ServerOptions()
    listener = listen("127.0.0.1", 0, is_open_to_all=False)
    document = url_of(listener) + "/openapi.json"
    server = Server(create_app(ChatPath(FakeEngine()), options), options)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        words = ["-m", "schemathesis.cli", "run", document, "--phases", "examples,coverage,fuzzing"]
        limits = ["-n", str(N_EXAMPLES), "--exclude-checks", "positive_data_acceptance"]
        found = subprocess.run([sys.executable, *words, *limits], capture_output=True, text=True, check=False)
    finally:
        server.should_exit = True
        thread.join(60)
    assert found.returncode == 0, found.stdout + found.stderr
    calls = re.search(r"(\d+) generated", found.stdout)
    assert calls and int(calls[1]) >= N_CALLS
