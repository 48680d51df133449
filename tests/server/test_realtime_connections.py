"""WebSockets as connections: who may open one, how many, how they end, and what is left of them."""

from __future__ import annotations

import json
import socket
import threading
import time
import urllib.error
import urllib.request

import pytest
from hydra_rig import LIMIT_S, Hydra, Script, eventually, handshaken, serving
from websockets.exceptions import InvalidStatus

from electron_local.errors import MissingDependencyError
from electron_local.server.keys import KeyRing
from electron_local.server.tokens import TokenMint
from electron_local.voice import Session
from voice_fakes import Call

KEYS = KeyRing(["alpha", "beta"])
MY_BETA = {"Authorization": "Bearer beta", "X-Request-Id": "mine"}
TOKEN = "/waves/v1/s2s/token"


@pytest.fixture(scope="module")
def locked():
    with serving(Script(["Fine."]), keys=KEYS, max_sessions=100) as (url, _):
        yield url


def refusal(url, **query):
    """Status, error object and headers of a handshake that is refused."""
    with pytest.raises(InvalidStatus) as refused:
        Hydra(url, **query)
    response = refused.value.response
    return response.status_code, json.loads(response.body)["error"], response.headers


def ask(url, path, body=None, key="alpha"):
    """The answer to a POST of `body`, or a GET."""
    request = urllib.request.Request(url.replace("ws:", "http:") + path, body, {"Authorization": f"Bearer {key}"})
    with urllib.request.urlopen(request, timeout=20) as answer:
        return answer.read().decode()


@pytest.mark.parametrize(
    ("query", "headers"),
    [
        ({}, None),
        ({"api_key": ""}, None),
        ({"api_key": "ALPHA"}, None),
        ({"api_key": "wrong"}, {"Authorization": "Bearer alpha"}),
        ({}, {"Authorization": "Bearer wrong"}),
        ({}, {"Authorization": "Basic alpha"}),
        ({"api_key": "ek_" + "x" * 80}, None),
        ({"api_key": TokenMint().mint("key-1").value}, None),
    ],
)
def test_a_wrong_or_missing_key_is_a_401_at_the_handshake(locked, query, headers):
    status, error, answered = refusal(locked, headers=headers, **query)
    assert (status, error["type"], error["code"]) == (401, "authentication_error", "invalid_api_key")
    assert answered["x-request-id"] == error["request_id"] and answered["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("query", "headers"), [({"api_key": "alpha"}, None), ({}, MY_BETA), ({"api_key": ""}, MY_BETA)]
)
def test_a_key_opens_a_session(locked, query, headers):
    with Hydra(locked, headers=headers, **query) as hydra:
        assert hydra.next()["type"] == "session.created"
        request_id = hydra.socket.response.headers["x-request-id"]
        assert request_id == "mine" if headers else request_id.startswith("req_")


def test_a_key_may_look_like_a_token():
    with serving(Script(["Fine."]), keys=KeyRing(["ek_mine"])) as (url, _), Hydra(url, api_key="ek_mine") as hydra:
        assert hydra.next()["type"] == "session.created"


def test_a_token_opens_a_session_and_nothing_else(locked):
    token = json.loads(ask(locked, TOKEN, b""))["value"]
    with Hydra(locked, api_key=token) as hydra:
        hydra.configure()
    for target in (TOKEN, "/v1/models"):
        with pytest.raises(urllib.error.HTTPError) as refused:
            ask(locked, target, key=token)
        assert refused.value.code == 401
        refused.value.close()


@pytest.mark.parametrize(
    ("query", "types", "voice"),
    [
        ({"model": "hydra"}, ["warning", "session.created"], "wren"),
        ({"model": "hydra-v1.1"}, ["session.created"], "sterling"),
        ({"model": "hydra-v1.0"}, ["session.created"], "sterling"),
        ({}, ["session.created"], "sterling"),
    ],
)
def test_the_models_and_the_warning(query, types, voice):
    with serving(Script(["Fine."])) as (url, _), Hydra(url, **query) as hydra:
        configured = hydra.configure()
        assert hydra.types() == [*types, "session.configured"] and configured["session"]["voice"] == voice
        if "warning" in types:
            assert hydra.events[0]["code"] == "model_deprecated" and "hydra-v1.1" in hydra.events[0]["message"]


@pytest.mark.parametrize("judges", [None, True, False])
def test_the_server_says_whether_the_model_judges(judges):
    asked = []

    def source(config):
        asked.append(config.model_judges_end)
        return Script(["Fine."])(config)

    with serving(source, model_judges_end=judges) as (url, _), Hydra(url) as hydra:
        hydra.configure()
    assert asked == [judges]


def test_what_the_query_may_not_say():
    with serving(Script(["Fine."])) as (url, _):
        status, error, _ = refusal(url, model="hydra-v9")
        assert (status, error["code"], error["param"]) == (404, "model_not_found", "model")
        status, error, _ = refusal(url, input_audio_format="opus")
        assert (status, error["code"], error["param"]) == (400, "invalid_value", "input_audio_format")
        status, error, _ = refusal(url + "/nowhere")
        assert (status, error["code"]) == (404, "unknown_url")


def test_pages_of_other_origins_may_not_open_sessions_without_a_key():
    headers = {"Origin": "https://elsewhere.example"}
    with serving(Script(["Fine."])) as (url, _):
        status, error, _ = refusal(url, headers=headers)
        assert (status, error["code"]) == (403, "origin_not_allowed")
    with (
        serving(Script(["Fine."]), cors_origins=("https://elsewhere.example",)) as (url, _),
        Hydra(url, headers=headers),
    ):
        pass


def test_one_session_too_many_is_told_so_and_closed():
    with serving(Script(["Fine."]), max_sessions=1) as (url, _):
        with Hydra(url) as first:
            first.configure()
            with Hydra(url) as second:
                error = second.error()
                assert (error["code"], error["event_id"]) == ("server_full", None)
                assert second.rest() == 1013 and second.types() == ["error"]
            first.send("session.update", session={"voice": "x"})
            first.error()
        eventually(lambda: opens(url))


def test_a_closed_socket_holds_no_session(monkeypatch):
    monkeypatch.setattr("electron_local.server.session_places.WAIT_S", LIMIT_S)
    close = Session.close
    monkeypatch.setattr(Session, "close", lambda self: (time.sleep(0.2), close(self)))
    with serving(Script(["Fine."]), max_sessions=1) as (url, _):
        assert all(opens(url) for _ in range(3))


def opens(url):
    """Whether a session can be opened."""
    with Hydra(url) as hydra:
        first = hydra.next()
        return first is not None and first["type"] == "session.created"


def test_a_silent_session_is_closed(access_log):
    with serving(Script(["Fine."]), session_idle_s=8) as (url, _), Hydra(url) as hydra:
        hydra.configure()
        assert hydra.rest() == 1000
    (line,) = access_log()
    assert (line["status"], line["ended"], line["path"]) == (101, "idle", "/waves/v1/s2s")


def test_engines_that_are_not_there_are_a_500_at_the_handshake():
    with serving(Script(error=MissingDependencyError("pip install 'electron-local[voice]'"))) as (url, _):
        for _ in range(5):  # a refused one takes no place
            status, error, _ = refusal(url)
            assert (status, error["code"]) == (500, "missing_dependency") and "[voice]" in error["message"]


@pytest.mark.parametrize("how", ["closes its socket", "resets it", "answers no ping"])
def test_a_client_that_vanishes(how, access_log):
    script = Script(["One two three."] * 3)
    with serving(script, max_sessions=1, ping_s=1) as (url, _):
        connection = handshaken(url)
        if how == "resets it":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        if how != "answers no ping":
            connection.close()
        eventually(lambda: script.sessions[0].is_closed)
        connection.close()
        eventually(lambda: opens(url))
    eventually(lambda: not session_threads())
    assert access_log()[0]["ended"] == "disconnected"


@pytest.mark.parametrize("moment", ["speech", "a response", "a tool call"])
def test_a_client_that_leaves_in_the_middle(moment):
    reply = [Call("get_weather", {"city": "Riga"}, "call_7")] if moment == "a tool call" else ["word " * 200]
    script = Script(reply, heard=["and so"])
    tool = {"type": "function", "name": "get_weather", "parameters": {"type": "object"}}
    with serving(script, max_sessions=1) as (url, _):
        with Hydra(url) as hydra:
            hydra.configure(generate_initial_response=moment != "speech", tools=[tool])
            if moment == "speech":
                hydra.say(600)
                hydra.until("input_audio_buffer.speech_started")
            elif moment == "a response":
                hydra.until("response.output_audio.delta")
            else:
                hydra.until("response.done")
            hydra.socket.socket.close()  # without a word
        eventually(lambda: script.sessions[0].is_closed)
        eventually(lambda: all(stream.is_closed for stream in script.chats[0].streams))
        eventually(lambda: opens(url))
    eventually(lambda: not session_threads())


def session_threads():
    names = ("conversation", "response", "recogniser", "session-events")
    return [thread for thread in threading.enumerate() if thread.name in names]


def test_a_client_that_reads_nothing_is_cut_off(access_log):
    script = Script(["word " * 400])
    with serving(script, send_buffer=16384, send_timeout_s=0.5, ping_s=60) as (url, _):
        connection = handshaken(url, receive_buffer=4096)
        text = b'{"type":"session.configure","session":{"generate_initial_response":true}}'
        connection.sendall(b"\x81" + bytes([0x80 | len(text)]) + bytes(4) + text)
        eventually(lambda: script.sessions[0].is_closed)
        eventually(access_log)
        connection.close()
    assert access_log()[0]["ended"] == "stalled"


def test_a_client_that_asks_without_reading_is_read_no_more():
    with serving(Script(["Fine."]), send_buffer=16384, ping_s=60) as (url, _):
        connection = handshaken(url, receive_buffer=4096)
        connection.settimeout(1.0)
        frames = b"\x81\x82" + bytes(4) + b"no"  # no JSON: each is answered with an error
        n_sent = 0
        with pytest.raises(TimeoutError):
            while n_sent < 64 * 2**20:
                n_sent += connection.send(frames * 1000)
        connection.close()
        eventually(lambda: opens(url))


def test_the_server_shuts_down_with_sessions_open(access_log):
    script = Script(["word " * 100])
    with serving(script) as (url, server), Hydra(url) as hydra:
        hydra.configure(generate_initial_response=True)
        hydra.until("response.output_audio.delta")
        server.should_exit = True
        assert hydra.rest() == 1012
        eventually(lambda: script.sessions[0].is_closed)
        eventually(access_log)
    eventually(lambda: not session_threads())
    assert access_log()[0]["ended"] == "shutdown"


def test_logs_and_metrics_hold_counts_and_no_content(access_log, caplog):
    script = Script(["A very secret answer."], heard=["a secret question"])
    with serving(script, keys=KEYS) as (url, _):
        with Hydra(url, api_key="beta", model="hydra-v1.0") as hydra:
            hydra.configure(instructions="secret instructions")
            hydra.say(600)
            hydra.quiet(1200)
            hydra.until("response.done")
        eventually(access_log)
        metrics = ask(url, "/metrics")
    line = access_log()[0]
    assert (line["status"], line["ended"], line["key"], line["method"]) == (101, "complete", "key-2", "GET")
    assert (line["prompt_tokens"], line["cached_tokens"], line["completion_tokens"]) == (11, 7, 5)
    prefix = "electron_local_websocket"
    assert f'{prefix}s_total{{route="/waves/v1/s2s",ended="complete"}} 1' in metrics
    assert f"{prefix}s_in_progress 0" in metrics and f'{prefix}_seconds_total{{route="/waves/v1/s2s"}}' in metrics
    assert 'tokens_total{kind="completion"} 5' in metrics
    assert "secret" not in caplog.text and "beta" not in caplog.text


def test_the_tokens_of_a_response_that_its_client_left_are_counted(access_log):
    with serving(Script(["A long answer that nobody hears to its end. " * 20], heard=["hello there"])) as (url, _):
        with Hydra(url) as hydra:
            hydra.configure()
            hydra.say(600)
            hydra.quiet(1200)
            hydra.until("response.output_audio.delta")
        eventually(access_log)
    assert access_log()[0]["prompt_tokens"] == 11
