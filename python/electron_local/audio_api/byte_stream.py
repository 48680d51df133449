"""A streamed body: bytes for a reader that waits, or for one that awaits."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Executor
from threading import Event


class ByteStream(Iterator[bytes], AsyncIterator[bytes]):
    """Pieces of a body, the first of which is there already. One reader.

    `close`, from any thread, stops the work at its next piece, and so does dropping the stream. Whatever the pieces
    raise reaches the reader.
    """

    def __init__(self, pieces: Iterator[bytes], executor: Executor, cancel: Event, ended: Callable[[], None]) -> None:
        self.is_complete = False
        self._pieces = pieces
        self._executor = executor
        self._cancel = cancel
        self._end = weakref.finalize(self, _end, cancel, ended)
        self._end.atexit = False
        self._first = self._pull()

    def __next__(self) -> bytes:
        piece = self._take()
        if piece is None:
            raise StopIteration
        return piece

    async def __anext__(self) -> bytes:
        if self._first is None and not self._cancel.is_set():
            piece = await asyncio.get_running_loop().run_in_executor(self._executor, self._take)
        else:
            piece = self._take()
        if piece is None:
            raise StopAsyncIteration
        return piece

    def close(self) -> None:
        """Stop; the iteration ends. Any thread; idempotent."""
        self._end()

    async def aclose(self) -> None:
        """`close`."""
        self._end()

    def _take(self) -> bytes | None:
        if self._cancel.is_set():
            return None
        first, self._first = self._first, None
        return first if first is not None else self._pull()

    def _pull(self) -> bytes | None:
        try:
            piece = next(self._pieces, None)
        except BaseException:
            self._end()
            raise
        if piece is None:
            self.is_complete = not self._cancel.is_set()
            self._end()
        return piece


def _end(cancel: Event, ended: Callable[[], None]) -> None:
    cancel.set()
    ended()
