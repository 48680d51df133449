"""The WebSockets of speech and transcripts when engines fail and clients vanish, called as ASGI: no socket."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading

import pytest
from audio_fakes import CountingRecognizer, CountingStream, ToneSynthesizer
from test_live_audio import WEAK, Socket, frames_of, path_of, run

from electron_local.server.speech_socket import SpeechSocket
from electron_local.server.transcript_socket import TranscriptSocket

NOBODY = {"requests": 0, "transcriptions": 0}


class HeldBackSynthesizer(ToneSynthesizer):
    """Speaks only when it may."""

    def __init__(self):
        super().__init__()
        self.may_speak = threading.Event()

    def _frames(self, text):
        assert self.may_speak.wait(30)
        yield from super()._frames(text)


class BrokenSynthesizer(ToneSynthesizer):
    def _frames(self, text):
        yield from super()._frames(text[:1])
        raise ValueError("the card is gone")


class BrokenRecognizer(CountingRecognizer):
    def stream(self, *, language="en"):
        super().stream(language=language)
        return BrokenStream(self)


class BrokenStream(CountingStream):
    def feed(self, samples):
        raise ValueError("the card is gone")


def test_a_client_that_vanishes_with_many_texts_waiting():
    async def talk():
        synthesizer = HeldBackSynthesizer()
        path = path_of(synthesizer=synthesizer)
        socket = await Socket(SpeechSocket(path)).opened()
        for _ in range(100):
            socket.send({**WEAK, "text": "hello"})
        while socket.n_unread > 100 - 1 - 64 - 1:  # one is spoken, 64 wait, one finds no room
            await asyncio.sleep(0.001)
        socket.gone = OSError("the client is gone")
        synthesizer.may_speak.set()
        await socket.task
        assert path._n_open == NOBODY

    run(talk())


@pytest.mark.parametrize("kind", [SpeechSocket, TranscriptSocket])
def test_an_engine_that_fails_in_a_way_of_its_own(kind, caplog):
    async def talk():
        recognizer = BrokenRecognizer()
        path = path_of(recognizer, BrokenSynthesizer())
        socket = await Socket(kind(path)).opened()
        if kind is SpeechSocket:
            socket.send({**WEAK, "text": "hello"})
        else:
            for frame in frames_of("timer"):
                socket.send(frame)
        told = (await socket.until(status="error"))[-1]["message"]
        assert "req_1" in told and "card" not in told
        assert (await socket.next())["code"] == 1011
        await socket.task
        assert path._n_open == NOBODY and recognizer.n_open == 0

    caplog.set_level(logging.ERROR)
    run(talk())
    assert "the card is gone" in caplog.text


@pytest.mark.parametrize("kind", [SpeechSocket, TranscriptSocket])
@pytest.mark.parametrize(
    ("code", "ended"),
    [(1000, "complete"), (1001, "complete"), (1005, "disconnected"), (1006, "disconnected"), (1012, "shutdown")],
)
def test_the_log_tells_how_a_client_left(kind, code, ended):
    async def leave():
        socket = await Socket(kind(path_of())).opened()
        await socket.leave(code)
        assert socket.record.ended == ended

    run(leave())


def test_the_log_tells_other_ends():
    async def end(kind, message=None, path=None, **limits):
        socket = await Socket(kind(path or path_of(), **limits)).opened()
        if message is not None:
            socket.send(message)
        await socket.task
        return socket.record.ended

    async def meet():
        assert await end(TranscriptSocket, {"type": "close_stream"}) == "complete"
        assert await end(TranscriptSocket, {"type": "stop"}) == "failed"
        for kind in (SpeechSocket, TranscriptSocket):
            assert await end(kind, idle_s=0.05) == "idle"
        path = path_of()
        with contextlib.ExitStack() as others:
            for _ in range(16):
                others.enter_context(path.admitted(hears=False))
            assert await end(SpeechSocket, path=path) == "full"

    run(meet())


@pytest.mark.parametrize("kind", [SpeechSocket, TranscriptSocket])
def test_a_client_that_takes_nothing(kind):
    async def talk():
        path = path_of()
        socket = await Socket(kind(path, send_timeout_s=0.05)).opened()
        socket.is_stuck = True
        socket.send({**WEAK, "text": "hello"} if kind is SpeechSocket else {"type": "finalize"})
        await socket.task
        assert socket.record.ended == "stalled" and path._n_open == NOBODY

    run(talk())


@pytest.mark.parametrize("kind", [SpeechSocket, TranscriptSocket])
def test_a_socket_that_the_server_has_closed_itself(kind, caplog):
    """As uvicorn does when no pong comes."""

    async def talk():
        socket = await Socket(kind(path_of())).opened()
        socket.gone = RuntimeError("Unexpected ASGI message 'websocket.send', after sending 'websocket.close'.")
        socket.send({"text": 5})
        await socket.task
        assert socket.record.ended == "disconnected"

    caplog.set_level(logging.ERROR)
    run(talk())
    assert not caplog.records
