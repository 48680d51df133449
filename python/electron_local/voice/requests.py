"""The keyword arguments of what a session asks of the chat client."""

from __future__ import annotations

from typing import Any

from electron_local.voice.config import SessionConfig, chat_tools

Messages = list[dict[str, Any]]


def response_request(config: SessionConfig, messages: Messages, n_rounds: int) -> dict[str, Any]:
    """Of `chat.completions.create`, after `n_rounds` responses in a row that called tools.

    >>> sorted(response_request(SessionConfig(), [], 0))
    ['messages', 'model', 'stream', 'stream_options', 'temperature']
    """
    request: dict[str, Any] = {
        "model": config.model,
        "messages": messages,
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


def reading_request(config: SessionConfig, messages: Messages) -> dict[str, Any]:
    """Of `chat.completions.prefill` and `end_of_turn`: the conversation as `response_request` will have it."""
    return {"model": config.model, "messages": messages, "tools": chat_tools(config.tools) or None}
