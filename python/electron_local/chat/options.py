"""The optional fields of a chat request, typed for editors and type checkers. The rules are in `request.py`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypedDict


class ParseOptions(TypedDict, total=False):
    """What `parse` takes beside `model`, `messages` and `response_format`; PROTOCOL §1 has the limits."""

    temperature: float | None
    top_p: float | None
    max_tokens: int | None
    max_completion_tokens: int | None
    stream_options: Mapping[str, Any] | None
    stop: str | Sequence[str] | None
    seed: int | None
    tools: Sequence[Mapping[str, Any]] | None
    tool_choice: Literal["auto", "required", "none"] | Mapping[str, Any] | None
    parallel_tool_calls: bool | None
    logit_bias: Mapping[str, float] | Mapping[int, float] | None
    logprobs: bool | None
    top_logprobs: int | None
    presence_penalty: float | None
    frequency_penalty: float | None
    user: str | None
    n: int | None
    filler: Literal["auto", "off"] | None
    timeout: float | None  # seconds for the whole answer; not part of the request


class ChatOptions(ParseOptions, total=False):
    """What `create` takes beside `model`, `messages` and `stream`."""

    response_format: Mapping[str, Any] | None
