"""Which tokens of a conversation a prefill evaluates, and which of them every conversation of its kind begins with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from electron_local.chat.answer import wire_usage
from electron_local.chat.request import ChatRequest
from electron_local.chat.request_messages import INSTRUCTING_ROLES
from electron_local.chat.types import CompletionUsage
from electron_local.engine import Usage

_PROBES = ("a", "B")  # first messages without a common beginning


@dataclass(frozen=True)
class PrefillPlan:
    """`shared`: the tokens of instructions and tools, up to where conversations diverge. `tokens`: of all messages."""

    shared: list[int]
    tokens: list[int]

    def has_more(self, shared_is_done: bool) -> bool:
        """Whether `tokens` are not all evaluated once `shared` are."""
        return not (shared_is_done and self.shared) or self.tokens != self.shared


def plan_prefill(request: ChatRequest, tokens_of: Callable[[Sequence[dict[str, Any]]], list[int]]) -> PrefillPlan:
    """The prefix is what two renderings, with different first user messages, have in common.

    `tokens_of` renders and tokenises messages. Raises what it raises.
    """
    n_leading = 0
    while n_leading < len(request.messages) and request.messages[n_leading]["role"] in INSTRUCTING_ROLES:
        n_leading += 1
    leading = list(request.messages[:n_leading])
    shared: list[int] = []
    if leading or request.tools:
        one, other = (tokens_of([*leading, _user(probe)]) for probe in _PROBES)
        shared = _common_prefix(one, other)
    if n_leading == len(request.messages) and shared:
        return PrefillPlan(shared, shared)
    return PrefillPlan(shared, tokens_of(request.messages))


def prefill_usage(first: Usage | None, rest: Usage | None) -> CompletionUsage:
    """The counts of one or two steps; the second finds again what the first evaluated."""
    if first is None or rest is None:
        return wire_usage(rest or first or Usage(0, 0, 0))
    n_evaluated = first.prompt_tokens - first.cached_tokens
    return wire_usage(Usage(rest.prompt_tokens, max(0, rest.cached_tokens - n_evaluated), 0))


def _common_prefix(one: list[int], other: list[int]) -> list[int]:
    n_common = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        n_common += 1
    return one[:n_common]


def _user(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}
