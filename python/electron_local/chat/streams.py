"""Streamed answers as iterators and context managers. Closing one, or dropping it, cancels the computation."""

from __future__ import annotations

import weakref
from collections.abc import AsyncIterator, Iterator
from types import TracebackType

from electron_local.chat.answer import Answer, wire_usage
from electron_local.chat.types import ChatCompletionChunk, CompletionUsage


class ChatStream(Iterator[ChatCompletionChunk]):
    """The chunks of one answer. One thread iterates; any thread may close.

    >>> from electron_local import Electron
    >>> with Electron() as client:
    ...     with client.chat.completions.create(
    ...         model="electron", messages=[{"role": "user", "content": "hello"}], stream=True
    ...     ) as stream:
    ...         next(stream).choices[0].delta.role
    'assistant'
    """

    def __init__(self, answer: Answer) -> None:
        self.request_id = answer.request_id
        self._chunks = answer.chunks()
        self._answer = answer
        self._closed = False
        weakref.finalize(self, answer.cancel).atexit = False

    @property
    def usage(self) -> CompletionUsage:
        """Tokens so far, also of a closed stream; final once the answer has ended."""
        return wire_usage(self._answer.usage)

    def __next__(self) -> ChatCompletionChunk:
        if self._closed:
            raise StopIteration
        return next(self._chunks)

    def close(self) -> None:
        """Cancel what is left; the iteration ends. Idempotent."""
        self._closed = True
        self._answer.cancel()

    def __enter__(self) -> ChatStream:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class AsyncChatStream(AsyncIterator[ChatCompletionChunk]):
    """`ChatStream` for `async for` and `async with`. One task iterates; any task of the same loop may close."""

    def __init__(self, answer: Answer) -> None:
        self.request_id = answer.request_id
        self._chunks = answer.achunks()
        self._answer = answer
        self._closed = False
        self._reading = False
        weakref.finalize(self, answer.cancel).atexit = False

    @property
    def usage(self) -> CompletionUsage:
        """As `ChatStream.usage`."""
        return wire_usage(self._answer.usage)

    async def __anext__(self) -> ChatCompletionChunk:
        if self._closed:
            raise StopAsyncIteration
        self._reading = True
        try:
            return await anext(self._chunks)
        finally:
            self._reading = False

    async def close(self) -> None:
        """Cancel what is left; the iteration ends. Idempotent."""
        self._closed = True
        self._answer.cancel()
        if not self._reading:
            await self._chunks.aclose()

    async def __aenter__(self) -> AsyncChatStream:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
