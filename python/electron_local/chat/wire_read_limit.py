"""The read time-out of an in-process transport: a wait that lasts too long is cancelled."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Protocol


class Scheduled(Protocol):
    """A call that is to come; `cancel` is idempotent."""

    def cancel(self) -> None:
        """Drop the call if it has not begun."""


Schedule = Callable[[float, Callable[[], None]], Scheduled]


class ReadLimit:
    """Calls `expire` once a single wait, a `with` block, lasts longer than `limit_s`; None: never.

    One reader. The check runs where `schedule` puts it, at most about once in `limit_s`, until `stop`.

    >>> with ReadLimit(None, lambda: None, in_a_thread) as limit:
    ...     limit.is_expired
    False
    """

    def __init__(self, limit_s: float | None, expire: Callable[[], None], schedule: Schedule) -> None:
        self.is_expired = False
        self._limit_s = limit_s
        self._expire = expire
        self._schedule = schedule
        self._lock = threading.Lock()
        self._since: float | None = None
        self._check: Scheduled | None = None
        self._is_stopped = False

    def __enter__(self) -> ReadLimit:
        self._since = time.monotonic()
        if self._check is None and self._limit_s is not None:
            self._check_in(self._limit_s)
        return self

    def __exit__(self, *error: object) -> None:
        self._since = None

    def stop(self) -> None:
        """No more checks. Any thread; idempotent."""
        with self._lock:
            self._is_stopped = True
            if self._check is not None:
                self._check.cancel()

    def _check_in(self, seconds: float) -> None:
        with self._lock:
            if not self._is_stopped:
                self._check = self._schedule(seconds, self._run)

    def _run(self) -> None:
        limit_s, since = self._limit_s or 0.0, self._since
        left_s = limit_s if since is None else since + limit_s - time.monotonic()
        if left_s > 0:
            self._check_in(left_s)
        else:
            self.is_expired = True
            self._expire()


def in_a_thread(seconds: float, call: Callable[[], None]) -> Scheduled:
    """Make `call` in `seconds`, in a thread of its own."""
    timer = threading.Timer(seconds, call)
    timer.daemon = True
    timer.start()
    return timer


def in_the_loop(seconds: float, call: Callable[[], None]) -> Scheduled:
    """Make `call` in `seconds`, in the running event loop."""
    return asyncio.get_running_loop().call_later(seconds, call)
