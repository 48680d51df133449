"""What holds for all tests of the server."""

from __future__ import annotations

import json
import logging

import pytest

from electron_local.voice import missing_audio


@pytest.fixture(autouse=True)
def _a_busy_machine_is_not_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sessions run some times faster than real time here: what a busy machine leaves between two pieces of audio would
    be heard as silence, and end turns."""
    monkeypatch.setattr(missing_audio, "STALL_MS", 20_000.0)


@pytest.fixture
def access_log(caplog):
    caplog.set_level(logging.INFO, logger="electron_local.access")
    return lambda: [json.loads(record.message) for record in caplog.records if record.name.endswith("access")]
