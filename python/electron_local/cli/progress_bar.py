"""A line that tells how far a download is."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TextIO

_WIDTH = 30
_INTERVAL_S = 0.2


class ProgressBar:
    """Writes to `stream`: again and again in place on a terminal, else only the first and the last line."""

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._clock = clock
        self._is_terminal = stream.isatty()
        self._start: tuple[float, int] | None = None
        self._shown_at = float("-inf")
        self._line = ""

    def update(self, n_done: int, n_all: int | None) -> None:
        """Show `n_done` of `n_all` bytes; None: nobody knows how many there are."""
        now = self._clock()
        start_s, n_start = self._start = self._start or (now, n_done)
        rate = (n_done - n_start) / (now - start_s) if now > start_s else 0.0
        self._line = _line(n_done, n_all, rate)
        is_due = now - self._shown_at >= _INTERVAL_S if self._is_terminal else self._shown_at == float("-inf")
        if is_due:
            self._shown_at = now
            self._show(end="" if self._is_terminal else "\n")

    def __enter__(self) -> ProgressBar:
        return self

    def __exit__(self, *error: object) -> None:
        if self._line:
            self._show(end="\n")

    def _show(self, end: str) -> None:
        self._stream.write(("\r" if self._is_terminal else "") + self._line + end)
        self._stream.flush()


def _line(n_done: int, n_all: int | None, bytes_per_s: float) -> str:
    speed = f"{bytes_per_s / 1e6:7.1f} MB/s"
    if not n_all:
        return f"{n_done / 1e6:9.1f} MB {speed}"
    n_filled = _WIDTH * n_done // n_all
    bar = "#" * n_filled + "." * (_WIDTH - n_filled)
    left_s = f"{(n_all - n_done) / bytes_per_s:5.0f} s" if bytes_per_s > 0 else "    ? s"
    return f"[{bar}] {100 * n_done // n_all:3d} % of {n_all / 1e6:.1f} MB {speed} {left_s}"
