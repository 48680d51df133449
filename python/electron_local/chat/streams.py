"""Streamed answers as iterators and context managers. Closing one, or dropping it, cancels the computation."""

from __future__ import annotations

import weakref
from collections.abc import AsyncIterator, Iterator
from types import TracebackType
from typing import TYPE_CHECKING

from electron_local.chat.types import ChatCompletionChunk

if TYPE_CHECKING:
    from electron_local.chat.answer import Answer


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
        self._cancel = answer.cancel
        self._closed = False
        weakref.finalize(self, answer.cancel).atexit = False

    def __next__(self) -> ChatCompletionChunk:
        if self._closed:
            raise StopIteration
        return next(self._chunks)

    def close(self) -> None:
        """Cancel what is left; the iteration ends. Idempotent."""
        self._closed = True
        self._cancel()

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
        self._cancel = answer.cancel
        self._closed = False
        self._reading = False
        weakref.finalize(self, answer.cancel).atexit = False

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
        self._cancel()
        if not self._reading:
            await self._chunks.aclose()

    async def __aenter__(self) -> AsyncChatStream:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
