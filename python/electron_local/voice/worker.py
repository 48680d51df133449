"""A thread with an inbox, that can be left behind when it hangs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from electron_local.voice.runtime import Mailbox, Runtime

_STOP = object()


class WorkerEnded:
    """The message of a worker that came to its end."""


class Worker:
    """Owned by the conversation thread; a `Mailbox` to those that give it work.

    `body` takes its inbox and where to post. It returns when something that is no work comes out of the inbox.
    `on_abandon` is called when its thread was left behind, and the work that it had taken with it.
    """

    def __init__(
        self,
        runtime: Runtime,
        name: str,
        body: Callable[[Mailbox, Callable[[Any], None]], None],
        post: Callable[[Any], None],
    ) -> None:
        self._runtime = runtime
        self._name = name
        self._body = body
        self._post = post
        self.on_abandon: Callable[[], None] = lambda: None
        self._start()

    def put(self, item: Any) -> None:
        """Work for it."""
        self._inbox.put(item)

    def abandon(self) -> None:
        """It hangs: a new thread takes the work from now on. What the old one still says is not heard."""
        self._line.is_cut = True
        self._inbox.put(_STOP)
        self._start()
        self.on_abandon()

    def stop(self) -> None:
        """It posts WorkerEnded when it has ended."""
        self._inbox.put(_STOP)

    def _start(self) -> None:
        inbox, line, body = self._runtime.mailbox(), _Line(self._post), self._body

        def run() -> None:
            body(inbox, line)
            line(WorkerEnded())

        self._inbox, self._line = inbox, line
        self._runtime.start_thread(run, self._name)


class _Line:
    """Where one thread posts, until it is cut."""

    def __init__(self, post: Callable[[Any], None]) -> None:
        self._post = post
        self.is_cut = False

    def __call__(self, message: Any) -> None:
        if not self.is_cut:
            self._post(message)
