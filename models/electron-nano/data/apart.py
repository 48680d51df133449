"""What the evaluation keeps for itself: requests, tools and instructions that no training document may hold."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from . import held_out, held_out_prompts, people_tools, requests
from .known_tools import DOMAINS
from .wording import normal

Json = dict[str, Any]


@dataclass(frozen=True)
class Apart:
    """Requests in the form of `normal`, names of tools, and sentences of system prompts."""

    said: frozenset[str]
    names: frozenset[str]
    prompts: frozenset[str]

    def found(self, messages: list[Json], tools: list[Json]) -> set[str]:
        """What of it a document holds."""
        users = {normal(m["content"]) for m in messages if m["role"] == "user"}
        system = " ".join(m["content"] for m in messages if m["role"] == "system")
        names = {t["function"]["name"] for t in tools}
        return users & self.said | names & self.names | {p for p in self.prompts if p in system}


@cache
def _test_requests(n_each: int = 20000) -> frozenset[str]:
    """Nearly all that the held-out wordings make: people's words in the public text may be the same."""
    rng = Random("kept apart")
    style = requests.Style(heard=True, noise=0.0)
    return frozenset(normal(requests.test(tool, style, rng).text) for tool in DOMAINS for _ in range(n_each))


@cache
def kept_apart(text: Path | None) -> Apart:
    """All that is kept apart, the requests for held-out tools in `text` included."""
    unseen = [intent for intent in people_tools.intents(text, test=True) if intent.held_out]
    said = {normal(s) for s, _, _ in held_out.SENTENCES} | {normal(s) for s, _ in held_out.TALK}
    said |= {normal(s) for s in held_out.STRAY}
    said |= {normal(question) for _, question, _ in held_out_prompts.facts()}
    said |= {normal(request.text) for intent in unseen for request in intent.said}
    said |= _test_requests()
    prompts = {statement for statement, _, _ in held_out_prompts.facts()} | set(held_out_prompts.FILLER_RULES)
    prompts |= {held_out_prompts.JSON_RULE, held_out_prompts.GREETING_RULE}
    return Apart(frozenset(said), frozenset(n for i in unseen for n in i.names), frozenset(prompts))
