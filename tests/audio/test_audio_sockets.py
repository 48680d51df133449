"""Speech and transcripts on loopback sockets, with the engines that are the default: HTTP and WebSockets."""

from __future__ import annotations

import base64
import json
import threading
import urllib.error
import urllib.request

import pytest

from electron_local.audio_api.path import AudioPath
from electron_local.chat.completions import ChatPath
from electron_local.demo.recordings import find_recording
from electron_local.server import create_app
from electron_local.server.keys import KeyRing
from electron_local.server.listening import listen, url_of
from electron_local.server.options import ServerOptions
from electron_local.server.serving import Server
from fakes import FakeEngine

pytest.importorskip("websockets")
pytest.importorskip("pocketsphinx")
pytest.importorskip("espeakng_loader")
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

TIMER = find_recording("timer")


@pytest.fixture(scope="module")
def url():
    options = ServerOptions(keys=KeyRing(["alpha"]))
    listener = listen("127.0.0.1", 0, is_open_to_all=False)
    server = Server(create_app(ChatPath(FakeEngine()), options, audio=AudioPath()), options)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    yield url_of(listener)
    server.should_exit = True
    thread.join(30)


def ask(url, path, body, key="alpha"):
    headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
    request = urllib.request.Request(url + path, body, headers, method="POST")
    with urllib.request.urlopen(request, timeout=60) as answer:
        return answer.read()


def socket_to(url, path):
    headers = {"authorization": "Bearer alpha"}
    return connect(url.replace("http", "ws") + path, additional_headers=headers, proxy=None, open_timeout=60)


def test_http(url):
    body = json.dumps({"model": "tts-1", "input": "please open the window", "sample_rate": 16000}).encode()
    samples = ask(url, "/v1/audio/speech", body)
    assert len(samples) > 16000
    heard = json.loads(ask(url, "/waves/v1/pulse/get_text?language=en&word_timestamps=true", TIMER.path.read_bytes()))
    assert heard["transcription"] == TIMER.text and heard["words"][-1]["word"] == "minutes"
    for key in ("beta", ""):
        with pytest.raises(urllib.error.HTTPError) as caught:
            ask(url, "/v1/audio/speech", body, key)
        assert caught.value.code == 401
        caught.value.close()


def test_speech_by_websocket(url):
    with socket_to(url, "/waves/v1/tts/live") as socket:
        socket.send(
            json.dumps({"text": "One moment. I am", "continue": True, "sample_rate": 8000, "output_format": "ulaw"})
        )
        socket.send(json.dumps({"text": " on my way.", "sample_rate": 8000, "output_format": "ulaw"}))
        messages = []
        while not messages or messages[-1]["status"] != "complete":
            messages.append(json.loads(socket.recv(timeout=60)))
    audio = b"".join(base64.b64decode(each["data"]["audio"]) for each in messages[:-1])
    assert {each["status"] for each in messages[:-1]} == {"chunk"} and len(audio) > 8000


def test_transcripts_by_websocket(url):
    samples = TIMER.path.read_bytes()[44:]
    with socket_to(url, "/waves/v1/stt/live?language=en&encoding=linear16&sample_rate=16000") as socket:
        for start in range(0, len(samples), 640):
            socket.send(samples[start : start + 640])
        socket.send(bytes(32000))
        socket.send(json.dumps({"type": "close_stream"}))
        messages = [json.loads(message) for message in socket]
    finals = [each["transcript"] for each in messages if each["is_final"]]
    assert finals[0] == TIMER.text and messages[-1]["is_last"]
    assert any(not each["is_final"] for each in messages)
    assert len({each["session_id"] for each in messages}) == 1


def test_handshakes(url):
    for path, headers, status in (
        ("/waves/v1/tts/live", {}, 401),
        ("/waves/v1/stt/live", {"authorization": "Bearer beta"}, 401),
        ("/waves/v1/stt/live?encoding=opus", {"authorization": "Bearer alpha"}, 400),
        ("/waves/v1/nowhere", {"authorization": "Bearer alpha"}, 404),
    ):
        with pytest.raises(InvalidStatus) as caught:
            connect(url.replace("http", "ws") + path, additional_headers=headers, proxy=None)
        assert caught.value.response.status_code == status
