"""Stop strings in what the client sees: for answers whose text has parts that are not content, as calls have."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from electron_local.chat.reasoning import AnswerEvent, ReasoningDelta, ReasoningParser
from electron_local.chat.tools import ContentDelta, ToolParser


@dataclass(frozen=True)
class StopFound:
    """A stop string has come: the answer is over, and nothing follows."""


class StopParser:
    """Ends the content of another parser at the first of `stops`, which need not come in one piece.

    What may be the beginning of a stop string waits for what follows. Calls and thoughts pass; content on both sides
    of a call is one text, as in the message. Owned by one answer.

    >>> from electron_local.chat.reasoning import Reasoning, ReasoningParser
    >>> parser = StopParser(ReasoningParser(Reasoning("<think>", "</think>")), ["END"])
    >>> parser.push("Well. EN"), parser.push("D of it")
    ([ContentDelta(text='Well. ')], [StopFound()])
    """

    def __init__(self, parser: ToolParser | ReasoningParser, stops: Sequence[str]) -> None:
        self._parser = parser
        self._stops = stops
        self._n_longest = max(map(len, stops))
        self._text = ""  # the end of the content: what may have a part in a stop string
        self._n_given = 0  # of `_text`

    def push(self, text: str) -> list[AnswerEvent | StopFound]:
        """Take more of the answer; return what is certain by now."""
        return self._pass_on(self._parser.push(text))

    def finish(self, *, truncated: bool) -> list[AnswerEvent | StopFound]:
        """End the answer; see ToolParser."""
        events = self._pass_on(self._parser.finish(truncated=truncated))
        if StopFound() not in events:
            events += self._give(len(self._text))
        return events

    def _pass_on(self, given: Iterable[AnswerEvent]) -> list[AnswerEvent | StopFound]:
        events: list[AnswerEvent | StopFound] = []
        for event in given:
            if not isinstance(event, ContentDelta):
                events += [] if isinstance(event, ReasoningDelta) else self._give(len(self._text))
                events.append(event)
                continue
            self._text += event.text
            at = self._first_stop()
            events += self._give(len(self._text) - self._n_held() if at is None else at)
            if at is not None:
                return [*events, StopFound()]
        return events

    def _give(self, end: int) -> list[ContentDelta]:
        given = self._text[self._n_given : end]
        self._n_given = max(self._n_given, end)
        n_settled = max(0, self._n_given - self._n_longest + 1)
        self._text, self._n_given = self._text[n_settled:], self._n_given - n_settled
        return [ContentDelta(given)] if given else []

    def _first_stop(self) -> int | None:
        """Where the stop string begins that is whole first."""
        found = ((at + len(stop), at) for stop in self._stops if (at := self._text.find(stop)) >= 0)
        return min(found, default=(0, None))[1]

    def _n_held(self) -> int:
        """How long the end is that a stop string may begin with."""
        most = len(self._text)
        lengths = (n for s in self._stops for n in range(1, min(len(s), most + 1)) if self._text.endswith(s[:n]))
        return max(lengths, default=0)
