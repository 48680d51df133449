"""Models that are being loaded while the process ends: it waits for them.

libllama reads static objects as it loads, which are destroyed when the interpreter is gone.
"""

from __future__ import annotations

import atexit
import os
import threading
from types import TracebackType

from electron_local.errors import ModelLoadError


class Loads:
    """A context for each load. Any thread."""

    def __init__(self) -> None:
        self._begin()
        os.register_at_fork(after_in_child=self._begin)  # whose other threads load nothing
        atexit.register(self.end)

    def _begin(self) -> None:
        self._changed = threading.Condition()
        self._n_running = 0
        self.has_ended = False

    def __enter__(self) -> Loads:
        with self._changed:
            if self.has_ended:
                raise ModelLoadError("the process ends: no model is loaded any more")
            self._n_running += 1
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._changed:
            self._n_running -= 1
            self._changed.notify_all()

    def end(self) -> None:
        """Wait for what is being loaded, and let nothing more begin."""
        with self._changed:
            self.has_ended = True
            self._changed.wait_for(lambda: self._n_running == 0)
