"""One session on one open WebSocket: frames in, events out, until either is gone."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from starlette.types import Receive, Send

from electron_local.server.access_log import AccessRecord
from electron_local.server.options import ServerOptions
from electron_local.server.socket_end import SocketEnd, end_of_close
from electron_local.server.time_limit import within
from electron_local.voice import Session
from electron_local.voice.client_events import AppendAudio, BadFrame, ClientEvent
from electron_local.voice.client_frames import FrameReader
from electron_local.voice.events import ResponseDone, ServerEvent
from electron_local.voice.items import ErrorInfo
from electron_local.voice.listener import SAMPLE_RATE

logger = logging.getLogger(__name__)

CLOSING_S = 5.0
MAX_UNSENT = 1000  # events; a client that does not take them is not read any more
_BACK_OFF_S = 0.02
_CLOSES: dict[SocketEnd, int] = {"idle": 1000, "failed": 1011}  # how the server's own ends are told


class SessionSocket:
    """Two tasks of the event loop, `_read` and `_write`, and a thread that waits for the session's events.

    Owns the session: closes it when the socket ends, and the socket when the session does.
    """

    def __init__(self, session: Session, reader: FrameReader, record: AccessRecord, options: ServerOptions) -> None:
        self._session = session
        self._reader = reader
        self._record = record
        self._options = options
        self._lead_s = 0.0  # audio that came sooner than it can have been spoken
        self._audio_at = 0.0  # when audio came last, in the loop's seconds
        self._events: asyncio.Queue[ServerEvent | None] = asyncio.Queue()
        self._loop = asyncio.get_running_loop()

    async def run(self, receive: Receive, send: Send, *, on_end: Callable[[], None]) -> None:
        """Accept the socket, carry frames both ways until the end, which the record tells, and close it.

        `on_end` is called when nothing is carried any more and the session is still to be closed.
        """
        listener = threading.Thread(target=self._listen, name="session-events", daemon=True)
        listener.start()
        await _try(send, {"type": "websocket.accept"})
        tasks = [asyncio.create_task(self._read(receive)), asyncio.create_task(self._write(send))]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            on_end()
            self._record.ended = end = _end_of(min(done, key=tasks.index))
            if end in _CLOSES:
                closing = _try(send, {"type": "websocket.close", "code": _CLOSES[end], "reason": end})
                with contextlib.suppress(asyncio.TimeoutError):
                    await within(CLOSING_S, closing)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
            await asyncio.to_thread(self._session.close)
            await asyncio.to_thread(listener.join)
            self._count_unsent()

    def _listen(self) -> None:
        """Body of the thread: it ends with the session."""
        for event in self._session.events():
            self._loop.call_soon_threadsafe(self._events.put_nowait, event)
        self._loop.call_soon_threadsafe(self._events.put_nowait, None)

    async def _read(self, receive: Receive) -> SocketEnd:
        while (message := await receive())["type"] == "websocket.receive":
            for event in _parts(self._event(message.get("text"))):
                self._session.send(event)
                while self._events.qsize() > MAX_UNSENT:
                    await asyncio.sleep(_BACK_OFF_S)
                if isinstance(event, AppendAudio):
                    await self._wait_for_the_speaker(len(event.audio) / SAMPLE_RATE)
        return end_of_close(message.get("code", 1005))

    async def _wait_for_the_speaker(self, seconds: float) -> None:
        """Take audio no faster than people speak, but for `audio_lead_s`: what a hasty client sends waits."""
        now = self._loop.time()
        self._lead_s = max(0.0, self._lead_s - (now - self._audio_at)) + seconds
        self._audio_at = now
        if self._lead_s > self._options.audio_lead_s:
            await asyncio.sleep(self._lead_s - self._options.audio_lead_s)

    def _event(self, text: str | None) -> ClientEvent:
        if text is None:
            return _bad_frame("a binary frame came; frames are JSON text")
        if len(text) > self._options.max_frame_chars:
            limit = self._options.max_frame_chars
            return _bad_frame(f"the frame has {len(text)} characters; at most {limit} are read")
        return self._reader.read(text)

    async def _write(self, send: Send) -> SocketEnd:
        timeout_s = self._options.send_timeout_s
        while (event := await self._events.get()) is not None:
            if isinstance(event, ResponseDone):
                self._count(event)
            if event.on_wire:
                text = json.dumps(event.to_wire(), separators=(",", ":"))
                try:
                    is_sent = await within(timeout_s, _try(send, {"type": "websocket.send", "text": text}))
                except asyncio.TimeoutError:
                    return "stalled"
                if not is_sent:
                    return "disconnected"
        return "idle" if self._session.end_reason == "idle_timeout" else "failed"

    def _count_unsent(self) -> None:
        """What was computed for a client that has gone, the response cut off by it included."""
        while not self._events.empty():
            if isinstance(event := self._events.get_nowait(), ResponseDone):
                self._count(event)

    def _count(self, done: ResponseDone) -> None:
        usage = done.response.usage
        if usage is not None:
            record = self._record
            record.prompt_tokens = (record.prompt_tokens or 0) + usage.input_tokens
            record.cached_tokens = (record.cached_tokens or 0) + usage.cached_tokens
            record.completion_tokens = (record.completion_tokens or 0) + usage.output_tokens


def _end_of(task: asyncio.Task[SocketEnd]) -> SocketEnd:
    """How the task ended: a fault of ours closes the socket, and the client is told."""
    if (fault := task.exception()) is None:
        return task.result()
    logger.error("a session's socket failed: %s", type(fault).__name__, exc_info=fault)
    return "failed"


def _parts(event: ClientEvent) -> Iterable[ClientEvent]:
    """Long audio in parts of a second: while the rest waits for the speaker, the session hears that he speaks on."""
    if not isinstance(event, AppendAudio) or len(event.audio) <= SAMPLE_RATE:
        return [event]
    begins = range(0, len(event.audio), SAMPLE_RATE)
    return [replace(event, audio=event.audio[begin : begin + SAMPLE_RATE]) for begin in begins]


def _bad_frame(message: str) -> BadFrame:
    return BadFrame(ErrorInfo("invalid_request_error", "invalid_frame", message))


async def _try(send: Send, message: dict[str, Any]) -> bool:
    """False when the client has gone: uvicorn raises OSError, or RuntimeError once it has closed the socket itself."""
    try:
        await send(message)
    except (OSError, RuntimeError):
        return False
    return True
