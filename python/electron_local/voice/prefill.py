"""Reads what the model will be asked about into its cache before it is asked."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from electron_local.voice.events import WarningIssued

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class PrefillJob:
    """For the response thread: the arguments of `chat.completions.prefill`."""

    request: dict[str, Any]


def run_prefill(job: PrefillJob, client: Any, post: Callable[[WarningIssued], None]) -> None:
    """Prefill if `client.chat.completions` can; a failure costs only time, and is a warning."""
    prefill = getattr(client.chat.completions, "prefill", None)
    if prefill is None:
        return
    try:
        prefill(**job.request)
    except Exception as error:
        logger.warning("prefill failed: %s", error, exc_info=error)
        post(WarningIssued(code="prefill_failed", message=str(error)))
