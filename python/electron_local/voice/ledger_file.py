"""Ledgers of responses as JSON lines: one object a response, in the order of their ends."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from electron_local.errors import InvalidArgumentError
from electron_local.voice.ledger import TurnLedger

LedgerSink = Callable[[dict[str, Any]], None]

_DURATIONS = (
    "endpoint_wait_ms", "recognition_ms", "first_token_wait_ms", "first_audio_wait_ms", "made_ahead_ms",
    "voice_to_voice_ms", "barge_in_ms",
)  # fmt: skip


def ledger_entry(response_id: str, status: str, ledger: TurnLedger) -> dict[str, Any]:
    """Moments and durations of one response, in ms rounded to a hundredth; no words.

    >>> ledger_entry("resp_1", "completed", TurnLedger(speech_end_ms=100, turn_end_ms=320.004))["endpoint_wait_ms"]
    220.0
    """
    values = {**asdict(ledger), **{name: getattr(ledger, name) for name in _DURATIONS}}
    rounded = {name: round(value, 2) if isinstance(value, float) else value for name, value in values.items()}
    return {"response_id": response_id, "status": status, **rounded}


def ledger_sink(ledger: str | os.PathLike[str] | LedgerSink) -> LedgerSink:
    """A callable as it is; for a path, one that appends to the file.

    Raises:
        InvalidArgumentError: the file cannot be written.
    """
    if callable(ledger):
        return ledger
    try:
        open(ledger, "a", encoding="utf-8").close()
    except OSError as error:
        raise InvalidArgumentError(f"cannot write the ledger {os.fspath(ledger)!r}: {error}") from error

    def append(entry: dict[str, Any]) -> None:
        with open(ledger, "a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")

    return append


def read_ledger(path: str | os.PathLike[str]) -> list[dict[str, Any]]:
    """The entries of a file that `ledger_sink` wrote."""
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]
