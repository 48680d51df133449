"""Speech and transcripts through the client, the SDK's transport and HTTP: one path, equal answers."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import threading

import numpy as np
import pytest
from asgi import Call, call, post, run
from audio_fakes import CountingRecognizer, ToneSynthesizer
from hydra_rig import eventually

from electron_local.audio.frame import AudioFrame
from electron_local.audio_api.path import MAX_REQUESTS, MAX_TRANSCRIPTIONS
from electron_local.audio_api.recording_source import recording_bytes
from electron_local.client import AsyncElectron, Electron
from electron_local.errors import APIError, BadRequestError, OverloadedError
from electron_local.openai import AsyncOpenAI, OpenAI
from electron_local.server import create_app
from electron_local.server.keys import KeyRing
from electron_local.server.limits import PLANS
from electron_local.server.options import ServerOptions
from fakes import FakeEngine

pytest.importorskip("openai")
pytest.importorskip("python_multipart")

SAY = {"model": "tts-1", "input": "hello", "voice": "wren"}
RECORDING = recording_bytes(AudioFrame(np.zeros(8000, np.float32), 16000))
LONG = AudioFrame(np.zeros(16000 * 3, np.float32), 16000)


def client_of(kind=Electron, *, recognizer=None, synthesizer=None):
    return kind(
        engine=FakeEngine(("Hi.",)),
        speech_to_text=recognizer or CountingRecognizer(),
        text_to_speech=synthesizer or ToneSynthesizer(),
    )


def app_of(client=None, **options):
    client = client or client_of()
    return create_app(client.chat_path, ServerOptions(**options), audio=client.audio_path)


def form(boundary="xyz", **fields):
    lines = b""
    for name, value in fields.items():
        tail = '; filename="a.wav"' if name == "file" else ""
        content = value if isinstance(value, bytes) else str(value).encode()
        lines += f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"{tail}\r\n\r\n'.encode()
        lines += content + b"\r\n"
    return lines + f"--{boundary}--\r\n".encode()


FORM_HEADERS = {"content-type": "multipart/form-data; boundary=xyz"}


def through_client(body):
    try:
        return 200, client_of().audio.speech.create(**body).content
    except APIError as error:
        return error.status_code, error.body()["error"]["details"]


def through_sdk(body):
    sdk = OpenAI(client_of())
    answer = sdk._client.post("http://in-process/v1/audio/speech", json=body)
    return answer.status_code, answer.content if answer.status_code == 200 else answer.json()["error"]["details"]


def through_http(body):
    answer = run(post(app_of(), body, path="/v1/audio/speech"))
    return answer.status, answer.body if answer.status == 200 else answer.json["error"]["details"]


@pytest.mark.parametrize(
    "change",
    [
        {},
        *({"response_format": each} for each in ("pcm", "wav", "mp3", "ulaw", "alaw", "opus", "mulaw")),
        *({"sample_rate": each} for each in (8000, 16000, 22050, 24000, 44100, 48000)),
        {"voice": "alloy"},
        {"voice": "bob"},
        {"voice": None},
        {"speed": 2},
        {"speed": 2.5},
        {"language": "de"},
        {"input": ""},
        {"input": "x" * 10_000, "sample_rate": 8000, "response_format": "ulaw"},
        {"input": "x" * 10_001},
    ],
)
def test_speech_is_the_same_through_every_door(change):
    if change.get("response_format") == "mp3":
        pytest.importorskip("lameenc")
    outcomes = [door({**SAY, **change}) for door in (through_client, through_sdk, through_http)]
    assert outcomes[0] == outcomes[1] == outcomes[2]
    assert outcomes[0][0] in (200, 400) and outcomes[0][1]


def test_speech_of_the_sdk():
    sdk = OpenAI(client_of())
    answer = sdk.audio.speech.create(**SAY, response_format="wav", extra_body={"sample_rate": 16000})
    assert answer.response.headers["content-type"] == "audio/wav" and len(answer.content) == 44 + 5 * 320
    with sdk.audio.speech.with_streaming_response.create(**SAY, response_format="pcm") as stream:
        pieces = list(stream.iter_bytes())
    assert len(pieces) > 3 and sum(map(len, pieces)) == 2 * 5 * 441

    async def ask():
        answer = await AsyncOpenAI(client_of(AsyncElectron)).audio.speech.create(**SAY, response_format="pcm")
        return answer.content

    assert asyncio.run(ask()) == b"".join(pieces)


def test_speech_in_events():
    answer = run(post(app_of(), {**SAY, "stream_format": "sse"}, path="/v1/audio/speech"))
    events = [json.loads(block.removeprefix("data: ")) for block in answer.body.decode().split("\n\n")[:-1]]
    assert {event["type"] for event in events[:-1]} == {"speech.audio.delta"}
    assert events[-1]["type"] == "speech.audio.done"
    assert sum(len(base64.b64decode(event["audio"])) for event in events[:-1]) == 2 * 5 * 441


@pytest.mark.parametrize("path", ["/waves/v1/lightning-v3.1/get_speech", "/waves/v1/tts"])
def test_lightning_whole(path):
    answer = run(post(app_of(), {"text": "hello", "voice_id": "wren", "sample_rate": 16000}, path=path))
    assert (answer.status, answer.headers["content-type"], len(answer.body)) == (200, "audio/pcm", 5 * 320)
    assert answer.headers["content-length"] == str(len(answer.body))
    refused = run(post(app_of(), {"text": "hello", "voice_id": "bob", "output_format": "mulaw"}, path=path))
    assert (refused.status, refused.json["error"]["param"]) == (400, "output_format")
    assert run(post(app_of(), {"text": "a", "voice_id": "bob"}, path=path)).json["error"]["param"] == "voice_id"


@pytest.mark.parametrize("path", ["/waves/v1/lightning-v3.1/stream", "/waves/v1/tts/live"])
def test_lightning_in_events(path):
    answer = run(post(app_of(), {"text": "hello", "sample_rate": 16000}, path=path))
    assert answer.headers["content-type"].startswith("text/event-stream")
    blocks = answer.body.decode().split("\n\n")
    assert blocks[-2:] == ['data: {"done":true}', ""] and all(
        each.startswith("event: audio\ndata: ") for each in blocks[:-2]
    )
    audio = [json.loads(each.partition("data: ")[2])["audio"] for each in blocks[:-2]]
    assert sum(len(base64.b64decode(each)) for each in audio) == 5 * 320


def test_a_synthesiser_that_breaks():
    broken = client_of(synthesizer=ToneSynthesizer(fails_after=0))
    answer = run(post(app_of(broken), SAY, path="/v1/audio/speech"))
    assert (answer.status, answer.json["error"]["code"]) == (500, "speech_engine_error")
    later = app_of(client_of(synthesizer=ToneSynthesizer(fails_after=3)))
    answer = run(post(later, {"text": "hello"}, path="/waves/v1/tts/live"))
    assert b"the tone broke" in answer.body and b"done" not in answer.body
    with pytest.raises(RuntimeError, match="a body ended too soon: the tone broke"):
        run(post(later, SAY, path="/v1/audio/speech"))


def test_transcripts_through_every_door():
    client = client_of()
    assert client.audio.transcriptions.create(file=RECORDING).text == "heard 5"
    sdk = OpenAI(client)
    assert sdk.audio.transcriptions.create(model="whisper-1", file=io.BytesIO(RECORDING)).text == "heard 5"
    app = app_of(client)
    answer = run(post(app, form(file=RECORDING, model="m"), FORM_HEADERS, path="/v1/audio/transcriptions"))
    assert answer.json == {"text": "heard 5", "usage": {"seconds": 0.5, "type": "duration"}}
    plain = form(file=RECORDING, model="m", response_format="text")
    assert run(post(app, plain, FORM_HEADERS, path="/v1/audio/transcriptions")).body == b"heard 5\n"

    async def ask():
        async with client_of(AsyncElectron) as own:
            direct = await own.audio.transcriptions.create(file=LONG)
            through = await AsyncOpenAI(own).audio.transcriptions.create(model="m", file=("a.wav", RECORDING))
            events = [event.type async for event in await own.audio.transcriptions.create(file=LONG, stream=True)]
            return direct.text, through.text, events

    assert asyncio.run(ask()) == ("heard 30", "heard 5", ["transcript.text.delta", "transcript.text.done"])
    events = list(sdk.audio.transcriptions.create(model="m", file=io.BytesIO(RECORDING), stream=True))
    assert [event.type for event in events] == ["transcript.text.delta", "transcript.text.done"]
    verbose = sdk.audio.transcriptions.create(
        model="m", file=io.BytesIO(RECORDING), response_format="verbose_json", timestamp_granularities=["word"]
    )
    assert [word.word for word in verbose.words] == ["heard", "5"] and verbose.duration == 0.5


@pytest.mark.parametrize("path", ["/waves/v1/pulse/get_text", "/waves/v1/stt", "/waves/v1/stt/"])
def test_pulse(path):
    app = app_of()
    assert run(post(app, RECORDING, path=path + "?language=en")).json == {
        "status": "success",
        "transcription": "heard 5",
    }
    raw = run(post(app, b"\xff" * 8000, path=path + "?encoding=mulaw&sample_rate=8000&word_timestamps=true"))
    assert raw.json["transcription"] == "heard 10"
    assert raw.json["words"][0] == {"word": "heard", "start": 0.0, "end": 0.1}
    for body, query, param in (
        (b"", "", "file"),
        (bytes(1001), "", "file"),
        (bytes(8000), "?encoding=opus", "encoding"),
        (bytes(8000), "?encoding=opus&encoding=", "encoding"),
        (bytes(8000), "?encoding=", "encoding"),
        (bytes(8000), "?sample_rate=", "sample_rate"),
        (bytes(8000), "?sample_rate=1", "sample_rate"),
        (bytes(8000), "?language=de", "language"),
    ):
        refused = run(post(app, body, path=path + query))
        assert (refused.status, refused.json["error"]["param"]) == (400, param)


def test_bad_transcription_requests():
    app = app_of(max_recording_bytes=200_000)
    where = "/v1/audio/transcriptions"
    for body, headers, status, code in (
        (form(model="m"), FORM_HEADERS, 400, "missing"),
        (form(file=RECORDING), FORM_HEADERS, 400, "missing"),
        (form(file=b"nonsense" * 50, model="m"), FORM_HEADERS, 400, "invalid_audio"),
        (form(file=RECORDING, model="m", language="de"), FORM_HEADERS, 400, "invalid_value"),
        (b"{}", {"content-type": "application/json"}, 400, "invalid_form"),
        (form(file=bytes(300_000), model="m"), FORM_HEADERS, 413, "request_too_large"),
    ):
        answer = run(post(app, body, headers, path=where))
        assert (answer.status, answer.json["error"]["code"]) == (status, code)
    assert run(call(app, path=where)).status == 405
    with pytest.raises(BadRequestError, match="does not understand 'de'"):
        client_of().audio.transcriptions.create(file=RECORDING, language="de")


def test_keys_and_limits_hold_for_audio_too():
    app = app_of(keys=KeyRing(["alpha"]), plan=PLANS["standard"])
    assert run(post(app, SAY, path="/v1/audio/speech")).status == 401
    key = {"authorization": "Bearer alpha"}
    statuses = [run(post(app, SAY, key, path="/v1/audio/speech")).status for _ in range(11)]
    assert statuses == [200] * 10 + [429]


def test_too_many_at_once():
    path = client_of().audio_path
    with path.admitted(hears=True), path.admitted(hears=True), path.admitted(hears=True):
        assert MAX_TRANSCRIPTIONS == 3
        with pytest.raises(OverloadedError, match="3 audio transcriptions run"), path.admitted(hears=True):
            pass
        with path.admitted(hears=False):
            pass
    client = client_of()
    streams = [client.audio.speech.with_streaming_response.create(input="hello") for _ in range(MAX_REQUESTS)]
    with pytest.raises(OverloadedError, match="16 audio requests run"):
        client.audio.speech.create(input="hello")
    for stream in streams:
        stream.close()
    assert client.audio.speech.create(input="hello").content


def test_a_stream_that_is_left_stops_the_work():
    synthesizer = ToneSynthesizer()
    client = client_of(synthesizer=synthesizer)
    with client.audio.speech.with_streaming_response.create(input="x" * 5000) as stream:
        next(stream.iter_bytes())
    assert len(stream.read()) < 10_000

    async def leave():
        call = post(app_of(client), {"text": "x" * 9000}, path="/waves/v1/tts/live", kind=Call)
        await call.until(b"event: audio")
        call.disconnect()
        await call.end()
        return call

    left = run(leave())
    assert b"done" not in left.body
    # The place is given back when the piece that was being made is done.
    eventually(lambda: client.audio_path._n_open == {"requests": 0, "transcriptions": 0})


def test_a_closed_client():
    client = client_of()
    sdk = OpenAI(client)
    client.close()
    with pytest.raises(OverloadedError):
        client.audio.speech.create(input="hello")
    answer = sdk._client.post("http://in-process/v1/audio/speech", json=SAY)
    assert answer.status_code == 503


def test_many_threads_share_one_client():
    client = client_of()
    found = []

    def ask():
        found.append(client.audio.speech.create(input="hello", sample_rate=16000).content)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8 and len(set(found)) == 1
