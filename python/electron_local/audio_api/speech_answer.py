"""Made speech: whole, or as a stream that is read while it is made."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path
from threading import Event
from types import TracebackType

from electron_local.audio_api.path import AudioPath
from electron_local.audio_api.speech_request import AudioFormat, SpeechRequest

_CHUNK_BYTES = 16384


class SpeechAnswer:
    """Audio in memory, with the methods of the SDK's binary answer.

    >>> from electron_local.audio_api.speech_request import SpeechRequest
    >>> answer = SpeechAnswer(b"abcd", SpeechRequest("hi"))
    >>> answer.content, list(answer.iter_bytes(3)), answer.sample_rate
    (b'abcd', [b'abc', b'd'], 44100)
    """

    def __init__(self, content: bytes, request: SpeechRequest) -> None:
        self.content = content
        self.audio_format: AudioFormat = request.audio_format
        self.sample_rate = request.sample_rate

    def read(self) -> bytes:
        """All of it."""
        return self.content

    def iter_bytes(self, chunk_size: int | None = None) -> Iterator[bytes]:
        """All of it in pieces."""
        size = chunk_size or _CHUNK_BYTES
        for start in range(0, len(self.content), size):
            yield self.content[start : start + size]

    def write_to_file(self, file: str | os.PathLike[str]) -> None:
        """Write it to a file."""
        Path(file).write_bytes(self.content)

    stream_to_file = write_to_file


class SpeechStream:
    """Audio as it is made; a context manager. Leaving it, or `close`, stops the synthesis."""

    def __init__(self, path: AudioPath, request: SpeechRequest) -> None:
        self.audio_format: AudioFormat = request.audio_format
        self.sample_rate = request.sample_rate
        self.path = path
        self._cancelled = Event()
        self._held = ExitStack()
        self._held.enter_context(path.admitted(hears=False))
        try:
            self._pieces = path.speak(request, self._cancelled.is_set)
        except Exception:
            self._held.close()
            raise

    def iter_bytes(self, chunk_size: int | None = None) -> Iterator[bytes]:
        """The pieces as they come; with `chunk_size` all of that size but the last."""
        if chunk_size is None:
            yield from self._pieces
            return
        held = b""
        for piece in self._pieces:
            held += piece
            while len(held) >= chunk_size:
                yield held[:chunk_size]
                held = held[chunk_size:]
        if held:
            yield held

    def read(self) -> bytes:
        """What is left."""
        return b"".join(self._pieces)

    def stream_to_file(self, file: str | os.PathLike[str]) -> None:
        """Write the pieces to a file as they come."""
        with Path(file).open("wb") as target:
            for piece in self._pieces:
                target.write(piece)

    def close(self) -> None:
        """Stop. Idempotent; any thread."""
        self._cancelled.set()
        self._held.close()

    def __enter__(self) -> SpeechStream:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


class AsyncSpeechStream:
    """`SpeechStream`, awaited."""

    def __init__(self, stream: SpeechStream) -> None:
        self._stream = stream
        self.audio_format: AudioFormat = stream.audio_format
        self.sample_rate = stream.sample_rate

    async def iter_bytes(self, chunk_size: int | None = None) -> AsyncIterator[bytes]:
        """The pieces as they come."""
        pieces = self._stream.iter_bytes(chunk_size)
        loop, executor = asyncio.get_running_loop(), self._stream.path.executor
        while (piece := await loop.run_in_executor(executor, lambda: next(pieces, None))) is not None:
            yield piece

    async def read(self) -> bytes:
        """What is left."""
        return await asyncio.get_running_loop().run_in_executor(self._stream.path.executor, self._stream.read)

    async def stream_to_file(self, file: str | os.PathLike[str]) -> None:
        """Write the pieces to a file as they come."""
        executor = self._stream.path.executor
        await asyncio.get_running_loop().run_in_executor(executor, self._stream.stream_to_file, file)

    def close(self) -> None:
        """Stop. Idempotent."""
        self._stream.close()

    async def __aenter__(self) -> AsyncSpeechStream:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.close()
