"""Has the model read the frame of tool results while the tools run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from electron_local.voice.prefill import PrefillJob
from electron_local.voice.runtime import WorkQueue

_PATIENCE_MS = 20.0  # most tools return at once, and then the reading would only be in the narration's way


class NarrationReader:
    """Owned by the conversation thread.

    Args:
        jobs: read by the response thread; None: never read.
        request_of: the arguments of `prefill`, with what is known of the results by then.
    """

    def __init__(self, jobs: WorkQueue | None, request_of: Callable[[], dict[str, Any]]) -> None:
        self._jobs = jobs
        self._request_of = request_of
        self._due_ms: float | None = None
        self._job: PrefillJob | None = None

    @property
    def next_wake_ms(self) -> float | None:
        """When `advance` has something to do."""
        return self._due_ms

    def plan(self, now_ms: float) -> None:
        """All calls of a response were made. Says nothing new when told again."""
        if self._jobs is not None and self._due_ms is None and self._job is None:
            self._due_ms = now_ms + _PATIENCE_MS

    def advance(self, now_ms: float) -> None:
        """Read, if it is time."""
        if self._jobs is not None and self._due_ms is not None and now_ms >= self._due_ms:
            self._due_ms = None
            self._job = PrefillJob(self._request_of())
            self._jobs.put(self._job)

    def drop(self) -> None:
        """The narration is asked for now, or never."""
        self._due_ms = None
        if self._job is not None:
            self._job.is_cancelled = True
            self._job = None
