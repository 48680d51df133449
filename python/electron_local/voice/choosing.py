"""Has the language model choose among the texts that the recogniser may have heard.

The recogniser knows how they sound; the model knows the session's instructions, its tools and what was said before.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from electron_local.errors import OverloadedError
from electron_local.speech.base import Alternative
from electron_local.voice.ledger import TurnLedger
from electron_local.voice.recognition import Recognized
from electron_local.voice.runtime import WorkQueue

logger = logging.getLogger(__name__)

Alternatives = tuple[Alternative, ...]


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
    """Ask `client`. Where its engine is too busy the answer is missing once; another failure is the last."""
    start_ms = now_ms()
    text, is_able = None, True
    try:
        likeliest = client.chat.completions.likeliest(**job.request)
        text = None if likeliest is None else job.alternatives[likeliest.index].text
        is_able = likeliest is not None
    except OverloadedError as error:
        logger.info("no words were chosen among those heard: %s", error)
    except Exception as error:
        logger.warning("choosing among what was heard failed: %s", error, exc_info=error)
        is_able = False
    post(Chosen(job.alternatives, text, now_ms() - start_ms, is_able))


class WordChooser:
    """Holds transcripts until their words are chosen. Owned by the conversation thread.

    Args:
        jobs: read by the response thread.
        request_of: `messages`, `tools` and `model` when the user has said so much.
    """

    def __init__(self, jobs: WorkQueue, request_of: Callable[[str], dict[str, Any]]) -> None:
        self._jobs = jobs
        self._request_of = request_of
        self._is_able = True
        self._waiting: list[Recognized] = []
        self._last: Chosen | None = None

    def begin(self) -> None:
        """A turn begins."""
        self._waiting.clear()
        self._last = None

    def settle(self, heard: Recognized) -> Recognized | None:
        """`heard` with the words that were chosen; None: it is held until `take`."""
        if not self._is_able or len(heard.alternatives) < 2:
            return heard
        if self._last is not None and self._last.alternatives == heard.alternatives:
            return _with_words(heard, self._last)
        if all(each.alternatives != heard.alternatives for each in self._waiting):
            self._jobs.put(ChoiceJob(heard.alternatives, self._request(heard)))
        self._waiting.append(heard)
        return None

    def take(self, chosen: Chosen) -> list[Recognized]:
        """A choice came: what was held for it, in the order in which it was heard."""
        self._is_able &= chosen.is_able
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
