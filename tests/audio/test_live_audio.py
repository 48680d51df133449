"""The WebSockets of speech and transcripts, called as ASGI: no socket."""

from __future__ import annotations

import asyncio
import base64
import json
import time

import numpy as np
import pytest
from audio_fakes import CountingRecognizer, ToneSynthesizer

from electron_local.audio.codec import float32_to_int16, ulaw_encode
from electron_local.audio.wav import read_wav
from electron_local.audio_api.live_speech import LiveText
from electron_local.audio_api.live_transcript import LiveTranscript
from electron_local.audio_api.path import AudioPath
from electron_local.audio_api.transcription_request import PulseRequest
from electron_local.demo.recordings import find_recording
from electron_local.errors import BadRequestError
from electron_local.server.access_log import AccessRecord
from electron_local.server.speech_socket import SpeechSocket
from electron_local.server.transcript_socket import TranscriptSocket
from electron_local.speech.engines import SpeechEngines

WEAK = {"voice_id": "wren", "sample_rate": 16000}


class Socket:
    """A client of an ASGI WebSocket."""

    def __init__(self, app, query=""):
        self._to_app, self._from_app = asyncio.Queue(), asyncio.Queue()
        scope = {
            "type": "websocket",
            "path": "/",
            "query_string": query.encode(),
            "headers": [],
            "electron_local.record": AccessRecord("req_1", "GET", "/"),
        }
        self.gone = None  # what a message raises that is sent to it
        self.is_stuck = False
        self.record = scope["electron_local.record"]
        self._to_app.put_nowait({"type": "websocket.connect"})
        self.task = asyncio.create_task(app(scope, self._to_app.get, self._take))

    async def _take(self, message):
        if self.gone is not None:
            raise self.gone
        if self.is_stuck:
            await asyncio.Event().wait()
        await self._from_app.put(message)

    async def opened(self):
        message = await self._from_app.get()
        assert message["type"] == "websocket.accept", message
        return self

    def send(self, message):
        kind = {"bytes": message} if isinstance(message, bytes) else {"text": json.dumps(message)}
        self._to_app.put_nowait({"type": "websocket.receive", **kind})

    @property
    def n_unread(self):
        """How many messages the application has not taken."""
        return self._to_app.qsize()

    async def next(self):
        message = await self._from_app.get()
        return json.loads(message["text"]) if "text" in message else message

    async def until(self, **wanted):
        """All messages up to one that holds `wanted`."""
        found = []
        while not found or not wanted.items() <= found[-1].items():
            found.append(await self.next())
        return found

    async def leave(self, code=1001):
        self._to_app.put_nowait({"type": "websocket.disconnect", "code": code})
        await self.task


def path_of(recognizer=None, synthesizer=None):
    return AudioPath(SpeechEngines(recognizer or CountingRecognizer(), synthesizer or ToneSynthesizer()))


def run(coroutine):
    return asyncio.run(asyncio.wait_for(coroutine, 30))


def n_bytes(messages):
    return sum(len(base64.b64decode(each["data"]["audio"])) for each in messages if each["status"] == "chunk")


def test_text_is_gathered_until_it_may_be_spoken():
    live = LiveText()
    said = live.take({**WEAK, "text": "Hi there. How are", "continue": True, "max_buffer_flush_ms": 100})
    assert (said.request.text, said.is_last, said.wait_ms) == ("Hi there.", False, 100)
    assert live.take({"text": " y", "continue": True}) == type(said)(None, wait_ms=100)
    assert live.take({"text": "", "continue": True, "max_buffer_flush_ms": 0}).wait_ms is None
    flushed = live.take({"text": "ou", "flush": True})
    assert (flushed.request.text, flushed.is_last) == ("How are you", True)
    assert live.take({"text": "", "flush": True}) == type(said)(None, is_last=True)
    assert live.take({"text": "3.5 degrees", "continue": True}).request is None
    with pytest.raises(BadRequestError, match="characters wait"):
        live.take({"text": "x" * 9_995, "continue": True})
    for bad in ([], {"text": 5}, {"text": ""}, {"text": "a", "flush": 1}, {"text": "a", "speed": 9}):
        with pytest.raises(BadRequestError):
            LiveText().take(bad)
    assert live.take({"text": ""}).request.text == "3.5 degrees"


def test_speech_socket():
    async def talk():
        socket = await Socket(SpeechSocket(path_of())).opened()
        socket.send({**WEAK, "text": "hello"})
        whole = await socket.until(status="complete")
        assert {each["status"] for each in whole} == {"chunk", "complete"} and n_bytes(whole) == 5 * 320
        socket.send({**WEAK, "text": "One. tw", "continue": True})
        first = [await socket.next() for _ in range(4)]
        assert n_bytes(first) == 4 * 320
        socket.send({**WEAK, "text": "o", "continue": True, "max_buffer_flush_ms": 20})
        assert n_bytes([await socket.next() for _ in range(3)]) == 3 * 320
        for _ in range(40):  # the time counts from the first of the text, and holds for what comes later
            socket.send({**WEAK, "text": "o", "continue": True})
            await asyncio.sleep(0.005)
        assert 320 <= n_bytes([await socket.next()]) < 40 * 320
        socket.send({**WEAK, "text": "", "flush": True})
        await socket.until(status="complete")
        for bad in ({"voice_id": "bob"}, {"language": "xx"}, {"output_format": "mulaw"}, [], "no"):
            socket.send({"text": "a", **bad} if isinstance(bad, dict) else bad)
            assert (await socket.next())["status"] == "error"
        socket.send({"text": "hello"})
        assert n_bytes(await socket.until(status="complete")) == 5 * 320
        await socket.leave()

    run(talk())


def test_a_synthesiser_that_breaks_and_a_client_that_leaves():
    async def talk():
        path = path_of(synthesizer=ToneSynthesizer(fails_after=1))
        socket = await Socket(SpeechSocket(path)).opened()
        socket.send({**WEAK, "text": "hello"})
        assert [(await socket.next())["status"] for _ in range(2)] == ["chunk", "error"]
        await socket.leave()
        own = path_of()
        socket = await Socket(SpeechSocket(own)).opened()
        socket.send({**WEAK, "text": "x" * 9000})
        await socket.next()
        await socket.leave()
        assert own._n_open == {"requests": 0, "transcriptions": 0}

    run(talk())


def test_idle_sockets_are_closed():
    async def wait():
        for app in (SpeechSocket(path_of(), idle_s=0.05), TranscriptSocket(path_of(), idle_s=0.05)):
            socket = await Socket(app).opened()
            assert (await socket.next())["code"] == 1000
            await socket.task

    run(wait())


def frames_of(name, encode=lambda samples: samples.astype("<i2").tobytes(), rate=16000):
    recording = find_recording(name)
    samples = float32_to_int16(read_wav(recording.path, sample_rate=rate).samples)
    samples = np.concatenate([np.zeros(rate // 2, np.int16), samples, np.zeros(rate, np.int16)])
    return [encode(samples[start : start + rate // 50]) for start in range(0, len(samples), rate // 50)]


def test_transcript_socket():
    async def listen():
        recognizer = CountingRecognizer()
        path = path_of(recognizer)
        query = "language=en&encoding=linear16&sample_rate=16000&word_timestamps=true"
        socket = await Socket(TranscriptSocket(path), query).opened()
        for frame in frames_of("timer"):
            socket.send(frame)
        heard = await socket.until(is_final=True)
        assert len(heard) > 5 and not any(each["is_final"] for each in heard[:-1])
        final = heard[-1]
        assert final["words"][0]["word"] == "heard" and 0.0 <= final["words"][0]["start"] < 2.5
        assert (final["language"], final["is_last"], final["from_finalize"]) == ("en", False, False)
        socket.send({"type": "finalize"})
        last = (await socket.until(from_finalize=True))[-1]
        assert (last["is_final"], last["session_id"]) == (True, final["session_id"])
        socket.send({"type": "close_stream"})
        assert (await socket.until(is_last=True))[-1]["is_final"]
        assert (await socket.next())["code"] == 1000
        await socket.task
        assert recognizer.n_open == 0 and path._n_open == {"requests": 0, "transcriptions": 0}

    run(listen())


@pytest.mark.parametrize("frame", [{"type": "stop"}, [], bytes(2**20 + 1)])
def test_bad_frames_end_a_transcript(frame):
    async def listen():
        socket = await Socket(TranscriptSocket(path_of())).opened()
        socket.send(frame)
        assert (await socket.next())["status"] == "error"
        assert (await socket.next())["code"] == 1000

    run(listen())


def test_handshakes_that_are_refused():
    async def ask(query):
        socket = Socket(TranscriptSocket(path_of()), query)
        return (await socket._from_app.get())["status"]

    assert run(ask("encoding=opus")) == 400 == run(ask("sample_rate=1"))


def test_too_many_transcripts():
    async def listen():
        path = path_of()
        sockets = [await Socket(TranscriptSocket(path)).opened() for _ in range(3)]
        await asyncio.sleep(0)
        late = await Socket(TranscriptSocket(path)).opened()
        assert "which is the limit" in (await late.next())["message"]
        assert (await late.next())["code"] == 1013
        for socket in sockets:
            await socket.leave()

    run(listen())


def test_any_cutting_of_frames_hears_the_same():
    """In mu-law at 8 kHz, by the recogniser that counts."""
    frames = b"".join(frames_of("timer", lambda samples: ulaw_encode(samples).tobytes(), 8000))
    request = PulseRequest(encoding="mulaw", sample_rate=8000)
    finals = []
    for size in (len(frames), 160, 777):
        live = LiveTranscript(request, CountingRecognizer())
        heard = [each for start in range(0, len(frames), size) for each in live.feed(frames[start : start + size])]
        finals.append([each.text for each in [*heard, live.finalize()] if each.is_final])
        live.close()
    assert finals[0] == finals[1] == finals[2] and len(finals[0]) >= 2


def test_odd_bytes_wait_for_their_other_half():
    frames = b"".join(frames_of("timer"))
    whole, odd = (LiveTranscript(PulseRequest(), CountingRecognizer()) for _ in range(2))
    first = whole.feed(frames)
    second = [each for start in range(0, len(frames), 333) for each in odd.feed(frames[start : start + 333])]
    assert [each.text for each in first if each.is_final] == [each.text for each in second if each.is_final]


class SlowSynthesizer(ToneSynthesizer):
    def _frames(self, text):
        for frame in super()._frames(text):
            time.sleep(0.02)
            yield frame


def test_a_socket_that_speaks_is_not_idle():
    async def talk():
        path = path_of(synthesizer=SlowSynthesizer())
        socket = await Socket(SpeechSocket(path, idle_s=0.05)).opened()
        socket.send({**WEAK, "text": "hello there"})
        assert n_bytes(await socket.until(status="complete")) == 11 * 320
        assert (await socket.next())["code"] == 1000
        await socket.task

    run(talk())
