"""How much of a conversation the model is told: the oldest whole turns go first."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from electron_local.chat.request_messages import MAX_MESSAGES
from electron_local.errors import APIError, InvalidArgumentError, OverloadedError

_KEPT_SHARE = 0.6
# What a turn may add, its calls and their results, until the history is looked at again.
_ROOM_MESSAGES = 50


@dataclass(frozen=True)
class HistoryLimit:
    """The instructions always stay. What goes, goes together, down to six tenths: each cut costs the model's cache.

    Attributes:
        max_turns: of the user, with all that answers them; None: any number.
        max_tokens: of the prompt; None: as many as the context holds. Counted by the characters, at the rate that the
            model itself reported last.

    >>> HistoryLimit(max_turns=10).n_to_drop([100] * 11, tokens_per_char=0.25)
    5
    """

    max_turns: int | None = None
    max_tokens: int | None = None

    def __post_init__(self) -> None:
        for name in ("max_turns", "max_tokens"):
            if (limit := getattr(self, name)) is not None and limit < 1:
                raise InvalidArgumentError(f"{name} must be at least 1, got {limit}")

    def n_to_drop(self, turn_chars: Sequence[int], tokens_per_char: float) -> int:
        """How many of the oldest turns go, given the length of each.

        `n_beyond_request` tells of those that the request has no place for.
        """
        n_turns, n_tokens = len(turn_chars), sum(turn_chars) * tokens_per_char
        turns_over = self.max_turns is not None and n_turns > self.max_turns
        tokens_over = self.max_tokens is not None and n_tokens > self.max_tokens
        n_dropped = 0
        while n_dropped < len(turn_chars) - 1 and (
            (turns_over and n_turns > (self.max_turns or 0) * _KEPT_SHARE)
            or (tokens_over and n_tokens > (self.max_tokens or 0) * _KEPT_SHARE)
        ):
            n_tokens -= turn_chars[n_dropped] * tokens_per_char
            n_turns -= 1
            n_dropped += 1
        return n_dropped


def n_beyond_request(turn_messages: Sequence[int]) -> int:
    """How many of the oldest turns go, given the messages of each, for a request to hold the others and a next one.

    >>> n_beyond_request([2] * 60), n_beyond_request([2] * 80)
    (0, 35)
    """
    n_messages, most = sum(turn_messages), MAX_MESSAGES - _ROOM_MESSAGES
    n_dropped = 0
    while n_messages > most * (_KEPT_SHARE if n_dropped else 1.0) and n_dropped < len(turn_messages) - 1:
        n_messages -= turn_messages[n_dropped]
        n_dropped += 1
    return n_dropped


def is_too_long(error: Exception) -> bool:
    """Whether a request failed because the conversation is too long for the model, or for any request.

    >>> is_too_long(APIError("full", code="context_length_exceeded")), is_too_long(ValueError("full"))
    (True, False)
    """
    if not isinstance(error, APIError):
        return False
    return error.code == "context_length_exceeded" or (error.code, error.param) == ("too_big", "messages")


def may_pass(error: Exception) -> bool:
    """Whether the model may answer the next time: its engine was too busy, or the conversation becomes shorter."""
    return isinstance(error, OverloadedError) or is_too_long(error)


def n_chars(messages: Sequence[dict[str, Any]]) -> int:
    """Characters of messages, calls included."""
    return sum(
        len(message.get("content") or "") + len(json.dumps(message.get("tool_calls", ""))) for message in messages
    )
