"""What a WebSocket's client has sent and its application has not taken."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any

_MESSAGE_BYTES = 400  # of memory, beside the payload


class UnreadMessages(asyncio.Queue[Any]):
    """A queue of ASGI messages that knows its size. When the socket is closed, what waits is dropped: nobody is there.

    >>> unread = UnreadMessages()
    >>> unread.put_nowait({"type": "websocket.receive", "text": "x" * 600})
    >>> unread.n_bytes
    1000
    >>> unread.put_nowait({"type": "websocket.disconnect", "code": 1000})
    >>> unread.get_nowait()["type"]
    'websocket.disconnect'
    """

    def _init(self, maxsize: int) -> None:
        self._queue: deque[Any] = deque()
        self.n_bytes = 0

    def _put(self, item: Any) -> None:
        if item["type"] == "websocket.disconnect":
            kept = [message for message in self._queue if message["type"] != "websocket.receive"]
            self._queue = deque(kept)
            self.n_bytes = sum(map(_size, kept))
        self._queue.append(item)
        self.n_bytes += _size(item)

    def _get(self) -> Any:
        item = self._queue.popleft()
        self.n_bytes -= _size(item)
        return item


def _size(message: Any) -> int:
    return len(message.get("text") or message.get("bytes") or "") + _MESSAGE_BYTES
