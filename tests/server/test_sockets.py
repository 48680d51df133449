"""The server on loopback sockets: the official SDK, broken clients, shutdown, the command itself."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import socket
import subprocess
import sys
import threading
import urllib.request

import openai
import pytest

from electron_local.chat.completions import ChatPath
from electron_local.client import Electron
from electron_local.server import create_app
from electron_local.server import protocol as protocol_module
from electron_local.server.keys import KeyRing
from electron_local.server.limits import PLANS
from electron_local.server.listening import listen, url_of
from electron_local.server.options import ServerOptions
from electron_local.server.serving import Server
from fakes import FakeEngine

USER = {"role": "user", "content": "Set a timer for five minutes."}
CHAT = {"model": "electron", "messages": [USER]}
TIMER = {
    "type": "function",
    "function": {
        "name": "set_timer",
        "description": "Set a timer.",
        "parameters": {
            "type": "object",
            "properties": {"minutes": {"type": "integer"}},
            "required": ["minutes"],
            "additionalProperties": False,
        },
    },
}
ENDLESS = {"257": -100, "258": -100, "259": -100}  # the special tokens of the made models


@contextlib.contextmanager
def serving(path, send_buffer=None, **options):
    """A server in a thread: its URL and itself. `send_buffer`: of its sockets, in bytes."""
    options = ServerOptions(**options)
    listener = listen("127.0.0.1", 0, is_open_to_all=False)
    if send_buffer is not None:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, send_buffer)
    server = Server(create_app(path, options), options)
    url = url_of(listener)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield url, server
    finally:
        server.should_exit = True
        thread.join(30)
        assert not thread.is_alive()


@pytest.fixture(scope="module")
def bundled():
    with Electron() as client, serving(client.chat_path, keys=KeyRing(["alpha"])) as (url, _):
        yield url


def request_bytes(body, path="/v1/chat/completions"):
    data = json.dumps(body).encode()
    return f"POST {path} HTTP/1.1\r\nHost: here\r\nContent-Length: {len(data)}\r\n\r\n".encode() + data


def connected(url, receive_buffer=None):
    host, port = url.removeprefix("http://").split(":")
    connection = socket.socket()
    connection.settimeout(30)
    if receive_buffer is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    connection.connect((host, int(port)))
    return connection


def read_all(connection):
    received = b""
    while part := connection.recv(65536):
        received += part
    return received


def read_until(connection, text):
    received = b""
    while text not in received:
        part = connection.recv(65536)
        assert part, f"the connection ended before {text!r}: {received!r}"
        received += part
    return received


def health(url):
    with urllib.request.urlopen(url + "/health", timeout=30) as answer:
        return json.load(answer)["status"]


@pytest.mark.parametrize("family", ["/v1", "/waves/v1"])
def test_the_openai_sdk(bundled, family):
    with openai.OpenAI(base_url=bundled + family, api_key="alpha", max_retries=0) as sdk:
        assert "electron" in [model.id for model in sdk.models.list()]
        assert sdk.models.retrieve("electron").id == "electron"
        answer = sdk.chat.completions.create(**CHAT, temperature=0, max_tokens=20)
        assert answer.usage.completion_tokens <= 20 and answer._request_id.startswith("req_")
        with sdk.chat.completions.create(**CHAT, temperature=0, max_tokens=20, stream=True) as stream:
            text = "".join(chunk.choices[0].delta.content or "" for chunk in stream)
        assert text == answer.choices[0].message.content
        called = sdk.chat.completions.create(**CHAT, temperature=0, tools=[TIMER], tool_choice="required")
        assert called.choices[0].finish_reason == "tool_calls"
        arguments = json.loads(called.choices[0].message.tool_calls[0].function.arguments)
        assert isinstance(arguments["minutes"], int)
        with pytest.raises(openai.BadRequestError) as refused:
            sdk.chat.completions.create(**CHAT, n=2)
        assert refused.value.body["details"][0]["path"] == ["n"] and refused.value.request_id.startswith("req_")
        with pytest.raises(openai.AuthenticationError):
            sdk.with_options(api_key="ALPHA").models.list()


def test_the_async_openai_sdk(bundled):
    async def scenario():
        async with openai.AsyncOpenAI(base_url=bundled + "/v1", api_key="alpha", max_retries=0) as sdk:
            answers = await asyncio.gather(
                *(sdk.chat.completions.create(**CHAT, temperature=0, max_tokens=8) for _ in range(4))
            )
            stream = await sdk.chat.completions.create(**CHAT, temperature=0, max_tokens=8, stream=True)
            return [answer.choices[0].message.content for answer in answers], [chunk async for chunk in stream]

    answers, chunks = asyncio.run(scenario())
    assert len(answers) == 4 and chunks[-1].choices[0].finish_reason in ("stop", "length")


def test_64_streams_at_once_all_end(bundled):
    async def one(sdk, number):
        messages = [{"role": "user", "content": f"Count to {number}."}]
        try:
            stream = await sdk.chat.completions.create(
                model="electron", messages=messages, temperature=0, max_tokens=20, stream=True
            )
            return [chunk.choices[0].finish_reason async for chunk in stream][-1]
        except openai.InternalServerError as refused:
            return refused.status_code

    async def scenario():
        async with openai.AsyncOpenAI(base_url=bundled + "/v1", api_key="alpha", max_retries=0) as sdk:
            return await asyncio.gather(*(one(sdk, number) for number in range(64)))

    ends = asyncio.run(scenario())
    assert len(ends) == 64 and set(ends) <= {"stop", "length", 503} and set(ends) != {503}


def test_rate_limits_reach_the_sdk():
    options = {"plan": PLANS["standard"]}
    with (
        serving(ChatPath(FakeEngine()), **options) as (url, _),
        openai.OpenAI(base_url=url + "/v1", api_key="any", max_retries=0) as sdk,
    ):
        for _ in range(10):
            sdk.chat.completions.create(**CHAT)
        with pytest.raises(openai.RateLimitError) as refused:
            sdk.chat.completions.create(**CHAT)
        assert 1 <= int(refused.value.response.headers["retry-after"]) <= 60


def test_closing_the_connection_cancels():
    engine = FakeEngine(["x" * 60], hangs_after=3)
    with serving(ChatPath(engine)) as (url, _):
        for body in (CHAT, {**CHAT, "stream": True}):
            with connected(url) as connection:
                connection.sendall(request_bytes(body))
                if "stream" in body:
                    read_until(connection, b"data: ")
                else:
                    _wait_for(lambda: engine.generations and engine.generations[-1].n_read == 3)
            _wait_for(lambda: engine.generations[-1].cancelled)
        assert health(url) == "ok"


def _wait_for(condition):
    for _ in range(3000):
        if condition():
            return
        threading.Event().wait(0.01)
    raise AssertionError("it never came true")


def test_broken_clients_are_answered_and_the_next_request_works(monkeypatch):
    with serving(ChatPath(FakeEngine()), body_timeout_s=0.05) as (url, _):
        for sent, expected in [
            (b"nonsense\r\n\r\n", b"HTTP/1.1 400 "),
            (b"GET /" + b"x" * 100_000, b"HTTP/1.1 400 "),
            (b"POST /v1/chat/completions HTTP/1.1\r\nHost: here\r\nContent-Length: 9\r\n\r\n{", b"HTTP/1.1 408 "),
            (b"", b""),
            (b"GET /health HTT", b""),
        ]:
            with monkeypatch.context() as patched:
                if not expected:  # the head is never whole
                    patched.setattr(protocol_module, "HEAD_TIMEOUT_S", 0.05)
                with connected(url) as connection:
                    connection.sendall(sent)
                    received = read_all(connection)
            assert received.startswith(expected) and bool(received) == bool(expected)
            if expected:
                assert b"invalid_request_error" in received and b"x-request-id: req_" in received.lower()
            assert health(url) == "ok"
        with connected(url) as connection:
            assert b"200 OK" in (connection.sendall(b"GET /health HTTP/1.1\r\nHost: here\r\n\r\n"), _one(connection))[1]
            monkeypatch.setattr(protocol_module, "HEAD_TIMEOUT_S", 0.05)
            connection.sendall(b"GET /hea")
            assert connection.recv(100) == b""


def _one(connection):
    return read_until(connection, b'"fake"]}')


def test_a_body_of_50_mb_is_refused_and_the_connection_goes_on():
    with serving(ChatPath(FakeEngine())) as (url, _), connected(url) as connection:
        size = 50_000_000
        connection.sendall(f"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: {size}\r\n\r\n".encode())
        for _ in range(50):
            connection.sendall(b"x" * 1_000_000)
        assert read_until(connection, b"}}").startswith(b"HTTP/1.1 413 ")
        connection.sendall(request_bytes(CHAT))
        assert read_until(connection, b'"chat.completion"').startswith(b"HTTP/1.1 200 ")


def test_shutdown_finishes_what_runs(llama_model):
    body = {**CHAT, "stream": True, "max_tokens": 200, "logit_bias": ENDLESS, "temperature": 0}
    with Electron(llama_model) as client, serving(client.chat_path) as (url, server):
        with connected(url) as connection:
            connection.sendall(request_bytes(body))
            received = read_until(connection, b"data: ")
            server.should_exit = True
            received += read_all(connection)
        assert received.count(b'"finish_reason":"length"') == 1 and b"data: [DONE]" in received


def test_shutdown_cuts_what_lasts_too_long():
    engine = FakeEngine(["x" * 60], hangs_after=3)
    with serving(ChatPath(engine), shutdown_s=0.05) as (url, server), connected(url) as connection:
        connection.sendall(request_bytes({**CHAT, "stream": True}))
        received = read_until(connection, b"data: ")
        server.should_exit = True
        received += read_all(connection)
    assert b'"code":"shutting_down"' in received and b"[DONE]" not in received and engine.generations[0].cancelled


@contextlib.contextmanager
def command(*words):
    """`electron-local serve` as a process; one that hangs is aborted, and its threads' stacks are told."""
    started = [sys.executable, "-X", "faulthandler", "-m", "electron_local.cli", "serve", *words]
    with subprocess.Popen(started, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        watchdog = threading.Timer(60, process.send_signal, [signal.SIGABRT])
        watchdog.start()
        try:
            yield process
        finally:
            watchdog.cancel()
            process.kill()


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
def test_the_command(sent):
    with command("--port", "0", "--api-key", "alpha") as process:
        url = process.stdout.readline().partition(" at ")[2].strip()
        assert url, process.stderr.read()
        with openai.OpenAI(base_url=url, api_key="alpha", max_retries=0, timeout=120) as sdk:
            assert sdk.chat.completions.create(**CHAT, max_tokens=3).usage.completion_tokens <= 3
        process.send_signal(sent)
        out, err = process.communicate()
        assert (process.returncode, out) == (0, ""), err
    (line,) = err.splitlines()
    assert json.loads(line)["status"] == 200 and "timer" not in line
