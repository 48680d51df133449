"""Which tool to call, where a small model that has read them all is in doubt: it is asked about each one alone.

A model of some ten million parameters knows a tool that it never saw in training more surely when that is the only one
offered: it calls it or does not. Among several it has to find the right one as well. So the calls of a request's tools
are ways in which the answer may go on, and the question about each is the user's last message with that one tool, and
nothing else: what comes before the message would be evaluated once a tool. So a message that changes the call before it
("sorry, I meant jazz") cannot be asked about: where the tool of that call is the likeliest, it stays.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from electron_local.alternatives import Alternatives, Way
from electron_local.chat.lone_questions import DOUBT, MOST_WAYS, WEIGHT, are_affordable, is_short
from electron_local.chat.request import ChatRequest
from electron_local.chat.template import ChatTemplate
from electron_local.engine import Engine


class ToolWays:
    """The calls of one engine's model, where that judges tools alone; `tokenize` takes rendered prompts. Any thread."""

    def __init__(self, engine: Engine, template: ChatTemplate, tokenize: Callable[[str], list[int]]) -> None:
        self._engine = engine
        self._template = template
        self._tokenize = tokenize
        self._marker = engine.tokenize(template.forms.tool_format.marker)
        self._call = lru_cache(maxsize=4 * MOST_WAYS)(self._tokens_of_call)

    def of(self, request: ChatRequest) -> Alternatives | None:
        """None where there is nothing to choose, or too much, and where no user's message is the last."""
        if not self._engine.model.judges_tools_alone or not _may_choose(request):
            return None
        if len(self._marker) != 1 or self._template.forms.reasoning is not None:
            return None
        called = _called_last(request.messages)
        ways = [self._way(tool, request.messages[-1], called) for tool in request.tools]
        if not are_affordable(ways, self._engine.n_ctx):
            return None
        return Alternatives(ways, asked=self._marker[0], doubt=DOUBT, weight=WEIGHT)

    def _way(self, tool: dict[str, Any], message: dict[str, Any], called: str | None) -> Way:
        name = tool["function"]["name"]
        question = self._tokenize(self._template.render([message], [tool]))
        return Way(self._call(name), question, is_trusted=name == called)

    def _tokens_of_call(self, name: str) -> list[int]:
        return self._engine.tokenize(self._template.forms.tool_format.write([{"name": name, "arguments": {}}]))


def _may_choose(request: ChatRequest) -> bool:
    choice = request.tool_choice
    is_open = choice.mode != "none" and choice.name is None
    last = request.messages[-1]
    return is_open and 1 < len(request.tools) <= MOST_WAYS and last["role"] == "user" and is_short(last)


def _called_last(messages: Sequence[dict[str, Any]]) -> str | None:
    calls = [call["function"]["name"] for message in messages for call in message.get("tool_calls") or ()]
    return calls[-1] if calls else None
