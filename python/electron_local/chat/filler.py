"""The words before a tool call ("Let me check that for you"): asked for when the system prompt wants them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Literal, cast

from electron_local.chat.checks import Fields, kind
from electron_local.chat.request_messages import INSTRUCTING_ROLES

FillerMode = Literal["auto", "off"]
FILLER_INSTRUCTIONS = (
    "Before you call a function, first say in one short sentence what you are about to do, then write the call in the "
    "same answer. Never say the result before you have it."
)
_MODES = ("auto", "off")

# "Acknowledge the request before you call a tool", "say a filler phrase while looking things up", …
_TELLING = (
    r"(?:acknowledg\w*|announc\w*|tell\s+(?:the|your)\s+\w+|let\s+(?:the|your)\s+\w+\s+know|inform\s+(?:the|your)\s+\w+"
    r"|say\s+(?:so|something|a|one|that|what|what's)|briefly\s+(?:say|mention)|mention|speak|respond\s+with"
    r"|(?:short|brief|filler|holding|quick)\s+(?:\w+\s+)?(?:phrase|sentence|line|message|acknowledg\w+))"
)
_USING = (
    r"(?:before|prior\s+to|while|when|whenever|as|during|each\s+time|every\s+time|and\s+then)\b[^.!?\n]{0,60}?"
    r"(?:tools?\b|functions?\b|calls?\b|calling|look(?:ing|s)?\s+(?:it|this|that|things|something|up)|check(?:ing)?\b)"
)
_ASKS = re.compile(
    rf"\bfiller\b|{_TELLING}[^.!?\n]{{0,80}}?{_USING}|{_USING}[^.!?\n]{{0,80}}?{_TELLING}", re.IGNORECASE
)
_FORBIDS = re.compile(
    r"(?:\bdo\s+not|\bdon't|\bnever|\bwithout|\bno|\bavoid)\b[^.!?\n]{0,40}?"
    r"(?:filler|acknowledg|announc|mention|tell|inform|say|phrase)",
    re.IGNORECASE,
)


def read_filler(fields: Fields) -> FillerMode:
    """`off` when absent. Notes problems."""
    value = fields.get("filler")
    if value is None:
        return "off"
    if value not in _MODES:
        given = repr(value[:40]) if isinstance(value, str) else kind(value)
        fields.refuse("filler", "invalid_value", f"is {given}; one of {', '.join(_MODES)}")
        return "off"
    return cast(FillerMode, value)


def asks_for_filler(messages: Sequence[dict[str, Any]]) -> bool:
    """Whether the system prompt asks for words before a tool is used. English only.

    >>> asks_for_filler([{"role": "system", "content": "Acknowledge the request before you use a tool."}])
    True
    """
    said = " ".join(each["content"] for each in messages if each["role"] in INSTRUCTING_ROLES)
    sentences = re.split(r"(?<=[.!?\n])\s+", said)
    return any(_ASKS.search(sentence) and not _FORBIDS.search(sentence) for sentence in sentences)
