"""Has the language model choose among the texts that the recogniser may have heard.

The recogniser knows how they sound; the model knows the session's instructions, its tools and what was said before.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from electron_local.speech.base import Alternative
from electron_local.voice.history_limit import may_pass
from electron_local.voice.ledger import TurnLedger
from electron_local.voice.recognition import Recognized
from electron_local.voice.runtime import WorkQueue

logger = logging.getLogger(__name__)

Alternatives = tuple[Alternative, ...]

# A model that takes longer is busy with a reply, or hangs.
_PATIENCE_MS = 3000.0


@dataclass(frozen=True)
class ChoiceJob:
    """For the response thread: choose; `request` has the arguments of `chat.completions.likeliest`."""

    alternatives: Alternatives
    request: dict[str, Any]


@dataclass(frozen=True)
class Chosen:
    """For the conversation thread: the text that was said, and how long that took to find; None: not known."""

    alternatives: Alternatives
    text: str | None
    duration_ms: float = 0.0
    is_able: bool = True  # whether it is worth asking again


def run_choice(job: ChoiceJob, client: Any, now_ms: Callable[[], float], post: Callable[[Chosen], None]) -> None:
    """Ask `client`. Where its engine is too busy, or its context full, the answer is missing once; another failure is
    the last."""
    start_ms = now_ms()
    text, is_able = None, False
    try:
        likeliest = client.chat.completions.likeliest(**job.request)
        text = None if likeliest is None else job.alternatives[likeliest.index].text
        is_able = likeliest is not None
    except Exception as error:
        is_able = may_pass(error)
        level = logging.INFO if is_able else logging.WARNING
        logger.log(level, "no words were chosen among those heard: %s", error, exc_info=not is_able)
    post(Chosen(job.alternatives, text, now_ms() - start_ms, is_able))


class WordChooser:
    """Holds transcripts until their words are chosen, for three seconds at most. Owned by the conversation thread.

    Args:
        jobs: read by the response thread.
        request_of: `messages`, `tools` and `model` when the user has said so much.
    """

    def __init__(
        self, jobs: WorkQueue, request_of: Callable[[str], dict[str, Any]], now_ms: Callable[[], float]
    ) -> None:
        self._jobs = jobs
        self._request_of = request_of
        self._now_ms = now_ms
        self._is_able = True
        self._asked_ms: dict[Alternatives, float] = {}
        self._waiting: list[Recognized] = []
        self._last: Chosen | None = None

    @property
    def holds(self) -> bool:
        """Whether a transcript waits for its words."""
        return bool(self._waiting)

    @property
    def due_ms(self) -> float:
        """When the first question without an answer counts as lost; infinite where there is none."""
        return min(self._asked_ms.values(), default=math.inf) + _PATIENCE_MS

    def begin(self) -> None:
        """A turn begins."""
        self._waiting.clear()
        self._last = None

    def settle(self, heard: Recognized) -> Recognized | None:
        """`heard` with the words that were chosen; None: it is held until `take` or `overdue`.

        Nothing more is asked while an answer is overdue.
        """
        if not self._is_able or len(heard.alternatives) < 2:
            return heard
        if self._last is not None and self._last.alternatives == heard.alternatives:
            return _with_words(heard, self._last)
        if self._now_ms() >= self.due_ms:
            return heard
        if heard.alternatives not in self._asked_ms:
            self._asked_ms[heard.alternatives] = self._now_ms()
            self._jobs.put(ChoiceJob(heard.alternatives, self._request(heard)))
        self._waiting.append(heard)
        return None

    def overdue(self) -> list[Recognized]:
        """What has been held for too long, with its own words, in the order in which it was heard."""
        if self._now_ms() < self.due_ms:
            return []
        held, self._waiting = self._waiting, []
        return held

    def forget(self) -> None:
        """No answer will come to what was asked."""
        self._asked_ms.clear()

    def take(self, chosen: Chosen) -> list[Recognized]:
        """A choice came: what was held for it, in the order in which it was heard."""
        self._is_able &= chosen.is_able
        self._asked_ms.pop(chosen.alternatives, None)
        self._last = chosen
        settled = [_with_words(each, chosen) for each in self._waiting if each.alternatives == chosen.alternatives]
        self._waiting = [each for each in self._waiting if each.alternatives != chosen.alternatives]
        return settled

    def noted(self, ledger: TurnLedger) -> TurnLedger:
        """`ledger` with what the last choice of this turn cost and changed."""
        last = self._last
        if last is None:
            return ledger
        changed = last.text not in (None, last.alternatives[0].text)
        return replace(ledger, choice_ms=last.duration_ms, choice_changed=changed)

    def _request(self, heard: Recognized) -> dict[str, Any]:
        texts = [each.text for each in heard.alternatives]
        return {**self._request_of(texts[0]), "texts": texts, "priors": [each.score for each in heard.alternatives]}


def _with_words(heard: Recognized, chosen: Chosen) -> Recognized:
    return heard if chosen.text is None else replace(heard, text=chosen.text)
