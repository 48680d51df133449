"""A streamed answer as server-sent events. Source: WHATWG HTML, "Server-sent events"."""

from __future__ import annotations

import json
import weakref
from collections.abc import AsyncIterator, Iterator

from electron_local.chat.answer import Answer
from electron_local.chat.types import ChatCompletionChunk
from electron_local.chat.wire_error import as_api_error, error_body

DONE = b"data: [DONE]\n\n"
# Line ends to some clients, though not to the standard; JSON lets them be escaped.
_LINE_ENDS = {"\u0085": "\\u0085", "\u2028": "\\u2028", "\u2029": "\\u2029"}


class WireStream(Iterator[bytes], AsyncIterator[bytes]):
    """The events of one answer, one `data: …` at a time, ended by `data: [DONE]`, or by an error in its place.

    Iterate it either plainly or with `async for`; one reader. `close`, from any thread, cancels the computation, and
    so does dropping the stream.
    """

    def __init__(self, answer: Answer) -> None:
        self.request_id = answer.request_id
        self._has_usage = answer.request.include_usage
        self._chunks = answer.chunks()
        self._achunks = answer.achunks()
        self._first: bytes | None = None
        self.is_complete = False
        self._is_whole = False
        self._ended = False
        self._reading = False
        self._cancel = answer.cancel
        weakref.finalize(self, answer.cancel).atexit = False

    def prime(self) -> None:
        """Wait for the first event, so that an error before it is raised here rather than streamed."""
        chunk = next(self._chunks, None)
        self._first = None if chunk is None else self._event(chunk)

    async def aprime(self) -> None:
        """`prime`, awaited."""
        chunk = await anext(self._achunks, None)
        self._first = None if chunk is None else self._event(chunk)

    def __next__(self) -> bytes:
        if self._ended:
            raise StopIteration
        if self._first is not None:
            return self._take_first()
        try:
            return self._event(next(self._chunks))
        except StopIteration:
            if self._ended or not self._is_whole:
                raise
            return self._end(DONE)
        except Exception as error:
            return self._end(self._error(error))

    async def __anext__(self) -> bytes:
        if self._ended:
            raise StopAsyncIteration
        if self._first is not None:
            return self._take_first()
        self._reading = True
        try:
            return self._event(await anext(self._achunks))
        except StopAsyncIteration:
            if self._ended or not self._is_whole:
                raise
            return self._end(DONE)
        except Exception as error:
            return self._end(self._error(error))
        finally:
            self._reading = False

    def close(self) -> None:
        """Cancel what is left; the iteration ends without `[DONE]`. Any thread; idempotent."""
        self._ended = True
        self._cancel()

    async def aclose(self) -> None:
        """`close` for the loop that reads: what `async for` holds open is released at once."""
        self.close()
        if not self._reading:
            await self._achunks.aclose()

    def _take_first(self) -> bytes:
        first, self._first = self._first or b"", None
        return first

    def _end(self, last: bytes) -> bytes:
        self._ended = True
        self.is_complete = last is DONE
        return last

    def _event(self, chunk: ChatCompletionChunk) -> bytes:
        self._is_whole |= any(choice.finish_reason for choice in chunk.choices)
        dumped = chunk.model_dump(exclude_unset=True)
        if self._has_usage:
            dumped.setdefault("usage", None)
        text = json.dumps(dumped, ensure_ascii=False, separators=(",", ":"))
        for character, escaped in _LINE_ENDS.items():
            text = text.replace(character, escaped)
        return b"data: " + text.encode() + b"\n\n"

    def _error(self, error: Exception) -> bytes:
        return b"data: " + error_body(as_api_error(error, self.request_id)) + b"\n\n"
