"""The WebSocket of speech: text comes in pieces, audio goes out as it is made (PROTOCOL §3)."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Iterator
from threading import Event
from typing import Any, NoReturn

from starlette.websockets import WebSocket

from electron_local.audio_api.live_speech import LiveText, Said
from electron_local.audio_api.speech_request import SpeechRequest
from electron_local.errors import APIError
from electron_local.server.live_socket import LiveSocket, read_message
from electron_local.server.socket_end import SocketEnd

_MAX_WAITING = 64


class SpeechSocket(LiveSocket):
    """One task reads messages, another speaks what they say, in their order."""

    def read_query(self, query: dict[str, str]) -> None:
        """Nothing is asked for there."""

    async def converse(self, socket: WebSocket, opened: None) -> SocketEnd:
        """Until the client leaves, or says nothing while there is nothing to speak; a fault of either task ends it."""
        said: asyncio.Queue[Said] = asyncio.Queue(_MAX_WAITING)
        left, busy = Event(), asyncio.Event()
        reading = asyncio.create_task(self._read_all(socket, said, busy))
        speaking = asyncio.create_task(self._speak_all(socket, said, left, busy))
        try:
            await asyncio.wait({reading, speaking}, return_when=asyncio.FIRST_COMPLETED)
            return (reading if reading.done() else speaking).result()
        finally:
            left.set()
            reading.cancel()
            speaking.cancel()
            await asyncio.gather(reading, speaking, return_exceptions=True)

    async def _read_all(self, socket: WebSocket, said: asyncio.Queue[Said], busy: asyncio.Event) -> SocketEnd:
        text = LiveText(self.path.check_synthesizer)
        clock = asyncio.get_running_loop().time
        due_s: float | None = None  # when what waits is spoken
        while True:
            left_s = None if due_s is None else due_s - clock()
            frame = None if left_s is not None and left_s <= 0 else await self.next_frame(socket, left_s)
            if frame is None and due_s is not None:
                busy.set()
                await said.put(text.flush())
                due_s = None
            elif frame is None and not busy.is_set():
                return "idle"
            elif frame is not None:
                try:
                    message = read_message(frame if isinstance(frame, str) else frame.decode("utf-8", "replace"))
                    heard = await self.in_thread(text.take, message)
                except APIError as error:
                    await self.send(socket, {"status": "error", "message": str(error)})
                    continue
                if heard.wait_ms is None:
                    due_s = None
                elif due_s is None or heard.request is not None:
                    due_s = clock() + heard.wait_ms / 1000
                busy.set()
                await said.put(heard)

    async def _speak_all(
        self, socket: WebSocket, said: asyncio.Queue[Said], left: Event, busy: asyncio.Event
    ) -> NoReturn:
        while True:
            if said.empty():
                busy.clear()
            what = await said.get()
            try:
                if what.request is not None:
                    await self._speak(socket, what.request, left)
            except APIError as error:
                await self.send(socket, {"status": "error", "message": str(error)})
                continue
            if what.is_last:
                await self.send(socket, {"status": "complete"})

    async def _speak(self, socket: WebSocket, request: SpeechRequest, left: Event) -> None:
        pieces: Iterator[bytes] = await self.in_thread(self.path.speak, request, left.is_set)
        while (piece := await self.in_thread(next, pieces, None)) is not None:
            data: dict[str, Any] = {"audio": base64.b64encode(piece).decode()}
            await self.send(socket, {"status": "chunk", "data": data})
