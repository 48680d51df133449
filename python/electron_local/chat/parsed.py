"""Answers parsed into pydantic models: `client.chat.completions.parse`. pydantic is the caller's: not imported here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Generic, Protocol, TypeVar

from electron_local.chat.types import ChatCompletion, ChatCompletionMessage, Choice
from electron_local.errors import InvalidArgumentError, LengthFinishReasonError


class PydanticModel(Protocol):
    """What is used of `pydantic.BaseModel`."""

    @classmethod
    def model_json_schema(cls) -> dict[str, Any]:
        """The JSON Schema that instances satisfy."""

    @classmethod
    def model_validate_json(cls, json_data: str) -> Any:
        """An instance out of JSON text."""


T = TypeVar("T", bound=PydanticModel)


@dataclass
class ParsedChatCompletionMessage(ChatCompletionMessage, Generic[T]):
    """`parsed`: the content as an instance; None on a message without content, and beside calls."""

    parsed: T | None = None


@dataclass
class ParsedChoice(Choice, Generic[T]):
    """The one answer."""

    message: ParsedChatCompletionMessage[T]


@dataclass
class ParsedChatCompletion(ChatCompletion, Generic[T]):
    """A whole answer whose message has `parsed`."""

    choices: list[ParsedChoice[T]]  # type: ignore[assignment]


def request_for(response_format: type[T], request: Mapping[str, Any]) -> dict[str, Any]:
    """`request` with the model's schema as its response format, strict.

    Raises InvalidArgumentError for what is no pydantic model, and for a request that streams.
    """
    if not (isinstance(response_format, type) and hasattr(response_format, "model_json_schema")):
        raise InvalidArgumentError(f"response_format must be a pydantic model class, not {response_format!r:.80}")
    if request.get("stream"):
        raise InvalidArgumentError("parse gives whole answers: leave out stream, or use create")
    name = re.sub(r"[^A-Za-z0-9_-]", "_", response_format.__name__)[:64]
    schema = {"name": name, "strict": True, "schema": response_format.model_json_schema()}
    return {**request, "response_format": {"type": "json_schema", "json_schema": schema}}


def parse_answer(answer: ChatCompletion, response_format: type[T]) -> ParsedChatCompletion[T]:
    """The answer with its content parsed.

    Raises LengthFinishReasonError when tokens ran out, and pydantic's ValidationError for what no schema says.
    """
    (choice,) = answer.choices
    if choice.finish_reason == "length":
        raise LengthFinishReasonError(
            f"the answer was cut at {answer.usage.completion_tokens} tokens, before its JSON ended", completion=answer
        )
    message = ParsedChatCompletionMessage[T](**_fields(choice.message))
    if message.content and not message.tool_calls:
        message.parsed = response_format.model_validate_json(message.content)
    parsed = ParsedChoice[T](**{**_fields(choice), "message": message})
    return ParsedChatCompletion[T](**{**_fields(answer), "choices": [parsed]})


def _fields(record: Any) -> dict[str, Any]:
    return {each.name: getattr(record, each.name) for each in fields(record)}
