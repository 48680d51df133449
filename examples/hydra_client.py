"""A recording is spoken to `electron-local serve` over Hydra's WebSocket; the spoken answer becomes a WAV file.

electron-local serve --port 8080 &
python examples/hydra_client.py request.wav reply.wav
"""

from __future__ import annotations

import asyncio
import base64
import json
import sys
from typing import Any

import numpy as np
from websockets.asyncio.client import ClientConnection, connect

from electron_local.audio import AudioFrame, float32_to_int16, read_wav, write_wav
from electron_local.demo.agent import INSTRUCTIONS, TOOLS

SESSION = {"instructions": INSTRUCTIONS, "tools": [{"type": "function", **tool["function"]} for tool in TOOLS]}


async def send(socket: ClientConnection, kind: str, **fields: Any) -> None:
    await socket.send(json.dumps({"type": kind, **fields}))


async def speak(socket: ClientConnection, pcm: bytes) -> None:
    while True:  # the recording and then silence, in 20 ms pieces, as a microphone would
        piece, pcm = pcm[:640].ljust(640, b"\0"), pcm[640:]
        await send(socket, "input_audio_buffer.append", audio=base64.b64encode(piece).decode())
        await asyncio.sleep(0.02)


async def converse(url: str, pcm: bytes) -> bytes:
    """The PCM16 audio of all responses, up to the first that calls no tool."""
    heard = b""
    async with connect(url) as socket:
        await send(socket, "session.configure", session=SESSION)
        speaking = asyncio.create_task(speak(socket, pcm))
        async for event in (json.loads(frame) async for frame in socket):
            if event["type"] == "response.output_audio.delta":
                heard += base64.b64decode(event["delta"])
            elif event["type"] == "response.function_call_arguments.done":
                print(event["name"], event["arguments"])
                output = {"type": "function_call_output", "call_id": event["call_id"], "output": '{"ok": true}'}
                await send(socket, "conversation.item.create", item=output)
                await send(socket, "response.create")
            elif event["type"] == "response.done" and event["response"]["output"][-1]["type"] == "message":
                break
        speaking.cancel()
    return heard


if __name__ == "__main__":
    recording, reply, *others = sys.argv[1:]
    url = others[0] if others else "ws://127.0.0.1:8080/waves/v1/s2s?model=hydra-v1.1"
    pcm = float32_to_int16(read_wav(recording, 16000).samples).tobytes()
    write_wav(reply, AudioFrame(np.frombuffer(asyncio.run(converse(url, pcm)), np.int16), 48000))
