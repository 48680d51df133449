"""What a model thinks before it answers: kept out of the content, and put back where its template wants it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from electron_local.chat.template_profile import TemplateProfile
from electron_local.chat.tools import ContentDelta, ToolEvent, ToolParser


@dataclass(frozen=True)
class Reasoning:
    """The marks around a model's thoughts."""

    open: str
    close: str

    def is_open(self, prompt: str) -> bool:
        """Whether the prompt ends inside: the answer begins with thoughts."""
        return prompt.rstrip().endswith(self.open)


_MARKS = (
    Reasoning("<think>", "</think>"),
    Reasoning("[THINK]", "[/THINK]"),
    Reasoning("<|channel>thought", "<channel|>"),
    Reasoning("<seed:think>", "</seed:think>"),
    Reasoning("<|START_THINKING|>", "<|END_THINKING|>"),
    Reasoning("<|inner_prefix|>", "<|inner_suffix|>"),
)


@dataclass(frozen=True)
class ReasoningDelta:
    """The next characters of the thoughts."""

    text: str


AnswerEvent = ToolEvent | ReasoningDelta


def detect_reasoning(template: str) -> Reasoning | None:
    """The marks that the template knows; None when it knows none."""
    return next((marks for marks in _MARKS if marks.close in template), None)


def fit_reasoning(messages: Sequence[dict[str, Any]], profile: TemplateProfile, marks: Reasoning) -> None:
    """Put the history's thoughts where the template strips or keeps them. Changes the messages, which are guarded."""
    for message in messages:
        thoughts = message.pop("reasoning_content", None)
        if not thoughts:
            continue
        if profile.reasoning_field:
            message[profile.reasoning_field] = thoughts
        else:
            message["content"] = f"{marks.open}\n{thoughts}\n{marks.close}\n\n{message['content'] or ''}"


class ReasoningParser:
    """Thoughts at the beginning of an answer, and the rest through another parser. Owned by one answer.

    Blanks around the thoughts belong to the marks. `is_inside`: the prompt has opened them. `calls` None: the rest is
    content.

    >>> parser = ReasoningParser(Reasoning("<think>", "</think>"))
    >>> [event.text for event in parser.push("<think>\\nHm.\\n</think>\\n\\nYes")]
    ['Hm.', 'Yes']
    """

    def __init__(self, marks: Reasoning, *, is_inside: bool = False, calls: ToolParser | None = None) -> None:
        self._marks = marks
        self._calls = calls
        self._text = ""  # not decided on
        self._read = self._read_beginning
        self._is_inside = is_inside
        self._has_begun = False  # something of the thoughts was given

    def push(self, text: str) -> list[AnswerEvent]:
        """Take more of the answer; return what is certain by now."""
        self._text += text
        events: list[AnswerEvent] = []
        while self._read(events):
            pass
        return events

    def finish(self, *, truncated: bool) -> list[AnswerEvent]:
        """End the answer; see ToolParser. Thoughts without an end stay thoughts."""
        events: list[AnswerEvent] = []
        if self._read == self._read_thoughts:
            self._think(self._text.rstrip(), events)
        elif self._read == self._read_beginning:
            self._pass_on(events)
        if self._calls:
            events += self._calls.finish(truncated=truncated)
        return events

    def _read_beginning(self, events: list[AnswerEvent]) -> bool:
        start = self._text.lstrip()
        if len(start) < len(self._marks.open) and self._marks.open.startswith(start):
            return False
        is_open = start.startswith(self._marks.open)
        if is_open:
            self._text = start[len(self._marks.open) :]
        self._read = self._read_thoughts if is_open or self._is_inside else self._read_rest
        return True

    def _read_thoughts(self, events: list[AnswerEvent]) -> bool:
        close = self._marks.close
        end = self._text.find(close)
        if end >= 0:
            self._think(self._text[:end].rstrip(), events)
            self._text = self._text[end + len(close) :]
            self._read = self._read_gap
            return True
        certain = self._text
        for length in range(min(len(close) - 1, len(certain)), 0, -1):
            if certain.endswith(close[:length]):
                certain = certain[:-length]
                break
        certain = certain.rstrip()
        self._think(certain, events)
        self._text = self._text[len(certain) :]
        return False

    def _read_gap(self, events: list[AnswerEvent]) -> bool:
        self._text = self._text.lstrip()
        if not self._text:
            return False
        self._read = self._read_rest
        return True

    def _read_rest(self, events: list[AnswerEvent]) -> bool:
        self._pass_on(events)
        return False

    def _pass_on(self, events: list[AnswerEvent]) -> None:
        text, self._text = self._text, ""
        if text:
            events += self._calls.push(text) if self._calls else [ContentDelta(text)]

    def _think(self, text: str, events: list[AnswerEvent]) -> None:
        text = text if self._has_begun else text.lstrip()
        if text:
            self._has_begun = True
            events.append(ReasoningDelta(text))
