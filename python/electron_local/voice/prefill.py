"""Reads what the model will be asked about into its cache before it is asked."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from electron_local.voice.runtime import WorkQueue

logger = logging.getLogger(__name__)


@dataclass(eq=False)
class PrefillJob:
    """For the response thread: the arguments of `chat.completions.prefill`.

    The conversation thread sets `is_cancelled` when the model is asked itself: a job that has not begun is skipped.
    """

    request: dict[str, Any]
    is_cancelled: bool = False


class InstructionsReader:
    """Has the model read what all prompts begin with; of several that wait only the last."""

    def __init__(self, jobs: WorkQueue) -> None:
        self._jobs = jobs
        self._last = PrefillJob({})

    def read(self, request: dict[str, Any]) -> None:
        """The arguments of `prefill` are `request` from now on."""
        self._last.is_cancelled = True
        self._last = PrefillJob(request)
        self._jobs.put(self._last)


@dataclass(frozen=True)
class Prefilled:
    """For the conversation thread: the end of a PrefillJob, and the tokens that were not in the cache before."""

    job: PrefillJob
    error: Exception | None = None
    n_tokens: int = 0
    duration_ms: float = 0.0


def run_prefill(job: PrefillJob, client: Any, now_ms: Callable[[], float], post: Callable[[Prefilled], None]) -> None:
    """Prefill if `client.chat.completions` can; a failure costs only time."""
    prefill = getattr(client.chat.completions, "prefill", None)
    if prefill is None or job.is_cancelled:
        post(Prefilled(job))
        return
    start_ms = now_ms()
    try:
        n_tokens = _n_evaluated(prefill(**job.request))
        post(Prefilled(job, None, n_tokens, now_ms() - start_ms))
    except Exception as error:
        logger.warning("prefill failed: %s", error, exc_info=error)
        post(Prefilled(job, error))


def _n_evaluated(usage: Any) -> int:
    details = getattr(usage, "prompt_tokens_details", None)
    return getattr(usage, "prompt_tokens", 0) - (getattr(details, "cached_tokens", None) or 0)
