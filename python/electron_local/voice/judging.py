"""Asks the language model whether what was heard so far is a whole request, while the user speaks or pauses.

The question reads the words into the model's cache as well, so that the answer to them starts sooner.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from electron_local.voice.history_limit import may_pass
from electron_local.voice.runtime import WorkQueue

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class JudgeJob:
    """For the response thread: judge `text`, the last message of `request` (of `chat.completions.end_of_turn`)."""

    text: str
    request: dict[str, Any]


@dataclass(frozen=True)
class Judged:
    """For the conversation thread: the probability that `text` is complete; None: not known.

    `is_able`: whether it is worth asking again.
    """

    text: str
    probability: float | None
    is_able: bool = True


def run_judging(job: JudgeJob, client: Any, post: Callable[[Judged], None]) -> None:
    """Ask `client`. Where its engine is too busy, or its context full, the answer is missing once; another failure is
    the last."""
    probability, is_able = None, False
    try:
        probability = client.chat.completions.end_of_turn(**job.request)
        is_able = probability is not None
    except Exception as error:
        is_able = may_pass(error)
        level = logging.INFO if is_able else logging.WARNING
        logger.log(level, "the end of a turn was not judged: %s", error, exc_info=not is_able)
    post(Judged(job.text, probability, is_able))


class Judge:
    """Keeps one question in flight, and of those that wait only the last. Owned by the conversation thread.

    Args:
        jobs: read by the response thread.
        request_of: the arguments of `end_of_turn` for what the user has said so far.
    """

    def __init__(self, jobs: WorkQueue, request_of: Callable[[str], dict[str, Any]]) -> None:
        self._jobs = jobs
        self._request_of = request_of
        self._asked: str | None = None
        self._waiting: str | None = None
        self._is_able = True

    @property
    def is_able(self) -> bool:
        """Whether the model has not failed to answer."""
        return self._is_able

    def consider(self, text: str) -> None:
        """The user has said `text` so far."""
        if not self._is_able or not text or text == self._asked:
            return
        if self._asked is not None:
            self._waiting = text
            return
        self._asked = text
        self._jobs.put(JudgeJob(text, self._request_of(text)))

    def forget(self) -> None:
        """No answer will come to what was asked."""
        self._asked = self._waiting = None

    def take(self, judged: Judged) -> None:
        """An answer came: ask what waited for it."""
        self._is_able &= judged.is_able
        self._asked, waiting, self._waiting = None, self._waiting, None
        if waiting is not None:
            self.consider(waiting)
