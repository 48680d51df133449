"""What a session asks of the chat client: the arguments of `chat.completions.create`, `prefill` and `end_of_turn`."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from typing import Any

from electron_local.voice.chat_checks import nested_tools
from electron_local.voice.config import SessionConfig
from electron_local.voice.events import WarningIssued
from electron_local.voice.history import History, tool_message, user_message
from electron_local.voice.history_limit import HistoryLimit, n_beyond_request, n_chars
from electron_local.voice.ids import new_id
from electron_local.voice.item_chain import Emit

Message = dict[str, Any]
logger = logging.getLogger(__name__)

# Some minutes of speech: a model that cannot end must neither talk for ever nor fill the context for the next turn.
DEFAULT_OUTPUT_TOKENS = 1024


class Prompts:
    """The conversation so far, as requests. Owned by the conversation thread.

    >>> sorted(Prompts(SessionConfig()).response(n_rounds=0))
    ['max_tokens', 'messages', 'model', 'stream', 'stream_options', 'temperature']
    """

    def __init__(self, config: SessionConfig, emit: Emit = lambda event: None) -> None:
        self.config = config
        self.history = History(config.instructions)
        self._emit = emit
        self._name = new_id("talk")
        self._context = ""
        self._tokens_per_char = 0.25

    def configure(self, config: SessionConfig) -> None:
        """Begin with other settings. Nothing may have been said."""
        self.config = config
        self.history = History(config.instructions)

    def response(self, n_rounds: int, said: str | None = None, *, has_room: bool = True) -> dict[str, Any]:
        """Of `create`, after `n_rounds` responses in a row that called tools; `said`: a turn that may be over.

        Not `has_room`: the context was too small for the prompt and `DEFAULT_OUTPUT_TOKENS`.
        """
        config = self.config
        if n_rounds == 0:
            self._context = self._context_now()
        request: dict[str, Any] = {
            "model": config.model,
            "messages": with_context(self._messages(said), self._context),
            "temperature": config.temperature,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        if config.max_output_tokens is not None or has_room:
            request["max_tokens"] = config.max_output_tokens or DEFAULT_OUTPUT_TOKENS
        if config.tools:
            request["tools"] = nested_tools(config.tools)
            request["tool_choice"] = "auto" if n_rounds < config.max_tool_rounds else "none"
        return request

    def heard(self, said: str) -> dict[str, Any]:
        """Of `end_of_turn`, when the user has said so much."""
        return self._reading(self._messages(said))

    def partial(self, said: str) -> dict[str, Any]:
        """Of `prefill`, when the user has said so much; what was read of this turn before is corrected."""
        return {**self.heard(said), "pin": False, "conversation": self._name}

    def instructions(self) -> dict[str, Any]:
        """Of `prefill`, when the session begins: what all its prompts begin with."""
        return self._reading(self._messages(None))

    def narration(self, response: Message | None, outputs: Iterable[tuple[str, str | None]]) -> dict[str, Any]:
        """Of `prefill`, while tools run: as much of the narration's prompt as is known.

        `response` made the calls and is no history yet; `outputs` has each call's id, and its output where it is there.
        """
        messages = self._messages(None) if response is None else [*self._messages(None), response]
        for call_id, output in outputs:
            messages.append(tool_message(call_id, output or ""))
            if output is None:
                break
        return {**self._reading(with_context(messages, self._context)), "pin": False, "conversation": self._name}

    def measure(self, n_prompt_tokens: int) -> None:
        """The prompt of the present history had so many tokens; 0: nobody knows."""
        if n_prompt_tokens:
            n_said = sum(n_chars(turn) for turn in self.history.turns())
            self._tokens_per_char = n_prompt_tokens / max(n_said + self._n_fixed_chars, 1)

    @property
    def _n_fixed_chars(self) -> int:
        return n_chars(self.history.messages()[:1]) + len(json.dumps(self.config.tools))

    def trim(self) -> bool:
        """Drop what the history limit leaves no room for; False: nothing."""
        messages = self.history.turns()
        turns = [n_chars(turn) for turn in messages]
        limit = self.config.history_limit
        if limit.max_tokens is not None:
            n_fixed = round(self._n_fixed_chars * self._tokens_per_char)
            limit = HistoryLimit(limit.max_turns, max(1, limit.max_tokens - n_fixed))
        n_dropped = max(
            limit.n_to_drop(turns, self._tokens_per_char), n_beyond_request([len(turn) for turn in messages])
        )
        self.history.drop_turns(n_dropped)
        return n_dropped > 0

    def shorter(self, refused: dict[str, Any], n_rounds: int) -> dict[str, Any] | None:
        """What to ask instead of `refused`, for which the context is too small; None: there are only the last words.

        What nobody asked for goes first, a bound of the output; then the older half of the turns; then what the user
        said before his last words, such as a text that was too long by itself.
        """
        if self.config.max_output_tokens is not None or "max_tokens" not in refused:
            n_turns = len(self.history.turns())
            self.history.drop_turns(n_turns // 2)
            if n_turns < 2 and not self.history.keep_last_words():
                return None
            logger.warning("the context is full: the older part of the history was dropped")
        return self.response(n_rounds, has_room=False)

    def _context_now(self) -> str:
        """What `dynamic_context` says; nothing where it fails: the user is answered all the same."""
        try:
            return self.config.context_now()
        except Exception as error:
            logger.error("dynamic_context failed: %s", error, exc_info=error)
            message = f"dynamic_context raised {type(error).__name__}: {error}; the response goes without it"
            self._emit(WarningIssued(code="dynamic_context_failed", message=message))
            return ""

    def _messages(self, said: str | None) -> list[Message]:
        messages = self.history.messages()
        return messages if said is None else [*messages, user_message(said)]

    def _reading(self, messages: list[Message]) -> dict[str, Any]:
        return {"model": self.config.model, "messages": messages, "tools": nested_tools(self.config.tools) or None}


def with_context(messages: list[Message], context: str) -> list[Message]:
    """`context` behind the last words of the user, where it spoils nothing that was read before.

    >>> with_context([user_message("what time is it")], "It is 10:42.")[0]["content"]
    'what time is it\\n\\nIt is 10:42.'
    """
    last = max((i for i, message in enumerate(messages) if message["role"] == "user"), default=None)
    if last is None or not context:
        return messages
    said = messages[last]["content"]
    return [*messages[:last], user_message(f"{said}\n\n{context}"), *messages[last + 1 :]]
