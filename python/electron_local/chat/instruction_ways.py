"""Which sentence of its instructions answers a question, where a small model is in doubt: it is asked about each alone.

A model of some ten million parameters that was trained to answer with a sentence of its instructions, or that it does
not know (`ModelInfo.unknown_answer`), finds the right one of several less surely than it says whether one by itself
answers. So the sentences are ways in which the answer may go, and the question about each is the user's last message
under the first sentence, which tells who speaks, and that one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from electron_local.alternatives import Alternatives, Way
from electron_local.chat.lone_questions import DOUBT, MOST_WAYS, WEIGHT, are_affordable, is_short
from electron_local.chat.request import ChatRequest
from electron_local.chat.request_messages import INSTRUCTING_ROLES
from electron_local.chat.template import ChatTemplate
from electron_local.engine import Engine

_LEAST = 0.5  # where no sentence answers surely by itself, what was read together decides; chosen as DOUBT was
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")


class InstructionWays:
    """The sentences of one engine's instructions, where its model answers with them. Any thread.

    `tokenize` takes rendered prompts.
    """

    def __init__(self, engine: Engine, template: ChatTemplate, tokenize: Callable[[str], list[int]]) -> None:
        self._engine = engine
        self._template = template
        self._tokenize = tokenize
        self._unknown = engine.tokenize(engine.model.unknown_answer)

    def of(self, request: ChatRequest) -> Alternatives | None:
        """None where there are not two sentences to choose from, or too many, and where no user asks."""
        if not self._unknown or not _may_tell(request) or self._template.forms.reasoning is not None:
            return None
        first, *others = sentences(str(request.messages[0]["content"]))
        if not 1 < len(others) <= MOST_WAYS:
            return None
        ways = [self._way(first, sentence, request.messages[-1]) for sentence in others]
        if not are_affordable(ways, self._engine.n_ctx):
            return None
        return Alternatives(
            [*ways, Way(self._unknown)],
            asked=self._unknown[0],
            is_no=True,
            at_start=True,
            doubt=DOUBT,
            least=_LEAST,
            weight=WEIGHT,
        )

    def _way(self, first: str, sentence: str, message: dict[str, Any]) -> Way:
        system = {"role": "system", "content": f"{first} {sentence}"}
        question = self._tokenize(self._template.render([system, message]))
        return Way(self._engine.tokenize(sentence, parse_special=False), question)


def sentences(text: str) -> Sequence[str]:
    """The sentences of `text`, at least one.

    >>> sentences("You are Ada.  Yoga begins at 7 a.m. Be brief.\\nOpen: 9 to 5")
    ['You are Ada.', 'Yoga begins at 7 a.m.', 'Be brief.', 'Open: 9 to 5']
    """
    lines = (line.strip() for line in text.splitlines())
    return [part for line in lines if line for part in _SENTENCE_END.split(line)] or [""]


def _may_tell(request: ChatRequest) -> bool:
    """Whether instructions come first, a user's message last, and the answer may be any text."""
    first, last = request.messages[0], request.messages[-1]
    is_text = request.response_format.type == "text" and request.tool_choice.mode in ("auto", "none")
    is_told = first["role"] in INSTRUCTING_ROLES and isinstance(first["content"], str)
    return is_text and is_told and last["role"] == "user" and is_short(last)
