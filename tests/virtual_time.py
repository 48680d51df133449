"""Threads in virtual time: one runs at once, and time moves only when all wait."""

from __future__ import annotations

import math
import threading
import weakref
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

_REAL_LIMIT_S = 60.0


@dataclass(eq=False)
class _Waiter:
    is_ready: Callable[[], bool]
    wake_ms: float
    go: threading.Event = field(default_factory=threading.Event)


class _TestIsOver(BaseException):
    """Ends a thread that a finished test left behind."""


class VirtualRuntime:
    """A `voice.runtime.Runtime`. The thread that builds it takes part; so does each thread that it starts.

    The running thread keeps running until it waits. Then the thread that has waited longest, of those whose condition
    holds, goes on; if none can, time jumps to the earliest time-out.
    """

    _all: ClassVar[weakref.WeakSet[VirtualRuntime]] = weakref.WeakSet()

    def __init__(self) -> None:
        self._all.add(self)
        self._is_over = False
        self._driver = threading.current_thread()
        self._now_ms = 0.0
        self._waiters: list[_Waiter] = []

    @classmethod
    def end_all(cls) -> None:
        """The test is over: the threads that it left waiting end."""
        for runtime in list(cls._all):
            runtime._is_over = True
            for waiter in list(runtime._waiters):
                waiter.go.set()

    def now_ms(self) -> float:
        return self._now_ms

    def mailbox(self) -> VirtualMailbox:
        return VirtualMailbox(self)

    def start_thread(self, target: Callable[[], None], name: str) -> None:
        waiter = _Waiter(lambda: True, math.inf)

        def body() -> None:
            waiter.go.wait()
            try:
                if not self._is_over:
                    target()
            except _TestIsOver:
                pass
            finally:
                self._hand_over()

        self._waiters.append(waiter)
        threading.Thread(target=body, name=name, daemon=True).start()

    def sleep(self, duration_ms: float) -> None:
        """Wait in virtual time."""
        self.wait(lambda: False, duration_ms)

    def pass_busily(self, duration_ms: float) -> None:
        """Time passes while no other thread gets to run."""
        self._now_ms += duration_ms

    def wait(self, is_ready: Callable[[], bool], timeout_ms: float | None = None) -> bool:
        """Wait until the condition holds; False after the time-out."""
        if is_ready():
            return True
        waiter = _Waiter(is_ready, math.inf if timeout_ms is None else self._now_ms + max(0.0, timeout_ms))
        is_driver = threading.current_thread() is self._driver
        self._waiters.append(waiter)
        if self._is_over and not is_driver:
            raise _TestIsOver
        self._hand_over()
        woken = waiter.go.wait(_REAL_LIMIT_S)
        if not is_driver and (self._is_over or not woken):
            raise _TestIsOver
        if not woken:
            raise AssertionError("every thread waits, and nothing will wake one")
        return is_ready()

    def _hand_over(self) -> None:
        if self._is_over:  # all run at once, each to its end
            return
        chosen = next((waiter for waiter in self._waiters if waiter.is_ready()), None)
        if chosen is None:
            chosen = min(self._waiters, key=lambda waiter: waiter.wake_ms, default=None)
            if chosen is None or chosen.wake_ms == math.inf:
                return
            self._now_ms = max(self._now_ms, chosen.wake_ms)
        self._waiters.remove(chosen)
        chosen.go.set()


class VirtualMailbox:
    """A `voice.runtime.Mailbox`."""

    def __init__(self, runtime: VirtualRuntime) -> None:
        self._runtime = runtime
        self._items: deque[Any] = deque()

    def put(self, item: Any) -> None:
        self._items.append(item)

    def get(self, timeout_ms: float | None = None) -> Any:
        return self._items.popleft() if self._runtime.wait(lambda: bool(self._items), timeout_ms) else None
