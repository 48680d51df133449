"""What `talk` shows: the conversation line by line, the microphone's level below it, the latency of each turn."""

from __future__ import annotations

import sys
import threading
from typing import TextIO

import numpy as np
import numpy.typing as npt

from electron_local.cli.latency_table import format_table, turn_row
from electron_local.cli.turn_printer import TurnPrinter
from electron_local.voice import events as ev
from electron_local.voice.ledger import TurnLedger

_N_BARS = 30
_FLOOR_DB = -60.0
_BLOCKS_A_FRAME = 5  # ten pictures a second
_ERASE_LINE = "\r\033[K"


class TalkScreen:
    """Events come from one thread, levels from another. The meter is left out where `out` is no terminal.

    >>> level_bar(0.1 * np.ones(320, np.float32))
    'mic [####################          ]  -20 dB'
    """

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out or sys.stdout
        self._printer = TurnPrinter(self._out)
        self._has_meter = self._out.isatty()
        self._lock = threading.Lock()  # guards the terminal
        self._n_blocks = 0
        self._turns: list[list[TurnLedger]] = []

    def show(self, event: ev.ServerEvent) -> None:
        """Print an event; behind a reply that was heard, where the time went."""
        with self._lock:
            if self._has_meter and not self._printer.is_streaming:
                self._out.write(_ERASE_LINE)
            self._printer.show(event)
            if isinstance(event, ev.SpeechStopped):
                self._turns.append([])
            elif isinstance(event, ev.ResponseDone) and self._turns:
                self._turns[-1].append(event.ledger)
                self._show_latency(event.ledger)

    def hear(self, samples: npt.NDArray[np.float32]) -> None:
        """Draw the level of a block of the microphone, now and then."""
        self._n_blocks += 1
        if not self._has_meter or self._n_blocks % _BLOCKS_A_FRAME != 0:
            return
        with self._lock:
            if not self._printer.is_streaming:
                self._out.write(_ERASE_LINE + level_bar(samples))
                self._out.flush()

    def finish(self) -> None:
        """The latencies of all turns as a table."""
        rows = [(f"turn {number}", turn_row(ledgers)) for number, ledgers in enumerate(self._turns, 1)]
        with self._lock:
            if self._has_meter:
                self._out.write(_ERASE_LINE)
            if rows:
                print(format_table(rows), file=self._out)

    def _show_latency(self, ledger: TurnLedger) -> None:
        if ledger.voice_to_voice_ms is not None:
            wait_ms = ledger.endpoint_wait_ms or 0.0
            print(
                f"{'':>11}{'latency':<14} {ledger.voice_to_voice_ms:.0f} ms voice to voice, {wait_ms:.0f} of it"
                " the end of the turn",
                file=self._out,
            )


def level_bar(samples: npt.NDArray[np.float32]) -> str:
    """RMS against full scale, from -60 dB up."""
    rms = float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))) if len(samples) else 0.0
    level_db = max(_FLOOR_DB, 20 * np.log10(rms + 1e-12))
    n_bars = round((1 - level_db / _FLOOR_DB) * _N_BARS)
    return f"mic [{'#' * n_bars:<{_N_BARS}}] {level_db:4.0f} dB"
