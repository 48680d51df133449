"""Time, threads and queues of a session behind one interface, so that tests can put virtual ones in their place."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from typing import Any, Protocol


class WorkQueue(Protocol):
    """Where work for another thread goes; any thread may put."""

    def put(self, item: Any) -> None:
        """Add an item (never None) and wake the reader."""


class Mailbox(WorkQueue, Protocol):
    """A queue between threads; any thread may put, one thread gets."""

    def get(self, timeout_ms: float | None = None) -> Any:
        """The next item; None after `timeout_ms` without one. None waits for ever, 0 not at all."""


class Runtime(Protocol):
    """Where a session's time and threads come from."""

    def now_ms(self) -> float:
        """Milliseconds that never go back, from an arbitrary start."""

    def mailbox(self) -> Mailbox:
        """A new queue whose waits pass in this runtime's time."""

    def start_thread(self, target: Callable[[], None], name: str) -> None:
        """Run `target` in a thread that does not keep the process alive."""


class SystemRuntime:
    """The real clock, `threading` and `queue`.

    >>> box = SystemRuntime().mailbox()
    >>> box.put("hello")
    >>> box.get(), box.get(timeout_ms=0)
    ('hello', None)
    """

    def now_ms(self) -> float:
        """The monotonic clock."""
        return time.monotonic() * 1000.0

    def mailbox(self) -> Mailbox:
        """A queue whose waits sleep in the kernel."""
        return _QueueMailbox()

    def start_thread(self, target: Callable[[], None], name: str) -> None:
        """A daemon thread."""
        threading.Thread(target=target, name=name, daemon=True).start()


class _QueueMailbox:
    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def put(self, item: Any) -> None:
        self._queue.put(item)

    def get(self, timeout_ms: float | None = None) -> Any:
        try:
            if timeout_ms is not None and timeout_ms <= 0:
                return self._queue.get_nowait()
            return self._queue.get(timeout=None if timeout_ms is None else timeout_ms / 1000.0)
        except queue.Empty:
            return None
