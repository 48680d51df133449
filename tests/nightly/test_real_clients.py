"""Clients that other people wrote, each in an environment of its own, against our server with the bundled model."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from electron_local.client import Electron
from electron_local.server import create_app
from electron_local.server.keys import KeyRing
from electron_local.server.listening import listen, url_of
from electron_local.server.options import ServerOptions
from electron_local.server.serving import Server

SCRIPTS = Path(__file__).parent / "clients"
KEY = "nightly-key"
PYTHON_CLIENTS = {
    "smallestai": "smallestai_sdk.py",
    "langchain-openai": "langchain_client.py",
    "pipecat-ai": "pipecat_client.py",
    "livekit-plugins-openai": "livekit_client.py",
}

pytestmark = pytest.mark.nightly


@pytest.fixture(scope="module")
def url():
    options = ServerOptions(keys=KeyRing([KEY]))
    listener = listen("127.0.0.1", 0, is_open_to_all=False)
    with Electron() as client:
        server = Server(create_app(client.chat_path, options), options)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield url_of(listener)
        server.should_exit = True
        thread.join(60)


def ask(command, url, **options):
    """Run a client's script; it prints one JSON object in its last line."""
    environment = {**os.environ, "BASE_URL": url, "API_KEY": KEY}
    result = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=600, env=environment, **options
    )
    assert result.returncode == 0, result.stdout + result.stderr
    last = result.stdout.strip().splitlines()[-1]
    print(last)
    return json.loads(last)


def check(told):
    """A greeting whole and in pieces, a call with its arguments, and what became of a wrong request."""
    assert told["content"].strip()
    assert told["streamed"] == told["content"]
    assert told["n_chunks"] > 1
    assert told["call"] == "set_timer"
    assert isinstance(told["arguments"]["minutes"], int)
    assert "400" in told["error"]


@pytest.mark.parametrize("package", PYTHON_CLIENTS)
def test_python_client(package, url, python_with):
    check(ask([python_with(package), SCRIPTS / PYTHON_CLIENTS[package]], url))


def test_openai_for_node(url, environments):
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed")
    home = environments / "node"
    if not (home / "node_modules" / "openai").exists():
        home.mkdir(parents=True, exist_ok=True)
        subprocess.run(["npm", "install", "--prefix", home, "openai"], check=True, timeout=600, stdout=sys.stderr)
    script = shutil.copy(SCRIPTS / "openai_node.mjs", home)
    check(ask(["node", script], url, cwd=home))
