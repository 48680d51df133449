"""What a session asks of the chat client: the arguments of `chat.completions.create`, `prefill` and `end_of_turn`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from electron_local.voice.config import SessionConfig, chat_tools
from electron_local.voice.history import History, tool_message, user_message
from electron_local.voice.ids import new_id

Message = dict[str, Any]


class Prompts:
    """The conversation so far, as requests. Owned by the conversation thread.

    >>> sorted(Prompts(SessionConfig()).response(n_rounds=0))
    ['messages', 'model', 'stream', 'stream_options', 'temperature']
    """

    def __init__(self, config: SessionConfig) -> None:
        self.config = config
        self.history = History(config.instructions)
        self._name = new_id("talk")

    def configure(self, config: SessionConfig) -> None:
        """Begin with other settings. Nothing may have been said."""
        self.config = config
        self.history = History(config.instructions)

    def response(self, n_rounds: int, said: str | None = None) -> dict[str, Any]:
        """Of `create`, after `n_rounds` responses in a row that called tools; `said`: a turn that may be over."""
        config = self.config
        request: dict[str, Any] = {
            "model": config.model,
            "messages": self._messages(said),
            "temperature": config.temperature,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        if config.max_output_tokens is not None:
            request["max_tokens"] = config.max_output_tokens
        if config.tools:
            request["tools"] = chat_tools(config.tools)
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
        return {**self._reading(messages), "pin": False, "conversation": self._name}

    def _messages(self, said: str | None) -> list[Message]:
        messages = self.history.messages()
        return messages if said is None else [*messages, user_message(said)]

    def _reading(self, messages: list[Message]) -> dict[str, Any]:
        return {"model": self.config.model, "messages": messages, "tools": chat_tools(self.config.tools) or None}
