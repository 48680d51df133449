"""The WebSocket of transcripts: audio frames come in, partial and final transcripts go out (PROTOCOL §3)."""

from __future__ import annotations

import os
from typing import Any

from starlette.websockets import WebSocket

from electron_local.audio_api.live_transcript import LiveTranscript
from electron_local.audio_api.transcription_request import PulseRequest, parse_pulse
from electron_local.errors import BadRequestError
from electron_local.server.live_socket import LiveSocket, read_message
from electron_local.server.socket_end import SocketEnd

MAX_FRAME_BYTES = 2**20


class TranscriptSocket(LiveSocket):
    """One task a socket: it recognises a frame before it takes the next, so a slow machine slows hasty clients down."""

    hears = True

    def read_query(self, query: dict[str, str]) -> PulseRequest:
        """`language`, `encoding`, `sample_rate`, `word_timestamps`. Raises BadRequestError."""
        return parse_pulse(query)

    async def converse(self, socket: WebSocket, opened: PulseRequest) -> SocketEnd:
        """Until `close_stream`, until the client leaves, or until it sends nothing for a minute."""
        session_id = "stt_" + os.urandom(12).hex()
        live: LiveTranscript = await self.in_thread(self._open, opened)
        try:
            while (frame := await self.next_frame(socket)) is not None:
                if isinstance(frame, bytes):
                    if len(frame) > MAX_FRAME_BYTES:
                        raise BadRequestError(f"a frame has {len(frame)} bytes; at most {MAX_FRAME_BYTES}")
                    for heard in await self.in_thread(live.feed, frame):
                        await self.send(socket, heard.to_wire(opened, session_id))
                    continue
                kind = _kind_of(frame)
                final = await self.in_thread(live.finalize)
                is_last = kind == "close_stream"
                await self.send(socket, final.to_wire(opened, session_id, is_last=is_last, from_finalize=not is_last))
                if is_last:
                    return "complete"
            return "idle"
        finally:
            await self.in_thread(live.close)

    def _open(self, request: PulseRequest) -> LiveTranscript:
        return LiveTranscript(request, self.path.engines.recognizer)


def _kind_of(frame: str) -> str:
    message: Any = read_message(frame)
    kind = message.get("type") if isinstance(message, dict) else None
    if kind not in ("finalize", "close_stream"):
        raise BadRequestError(f"type is {str(kind)[:40]!r}; must be finalize or close_stream", code="invalid_frame")
    return str(kind)
