"""What a chat completion gives back: the OpenAI API's objects as light dataclasses.

Source: OpenAI API reference, "The chat completion object" and "The chat completion chunk object".
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

FinishReason = Literal["stop", "length", "tool_calls", "content_filter"]


@dataclass
class Record:
    """A typed result: attributes, and `model_dump()` for a plain dict.

    >>> PromptTokensDetails(cached_tokens=3).model_dump()
    {'cached_tokens': 3}
    """

    _omissible: ClassVar[frozenset[str]] = frozenset()

    def model_dump(self, *, exclude_none: bool = False, exclude_unset: bool = False) -> dict[str, Any]:
        """Return a dict of dicts, lists and JSON values.

        `exclude_none` leaves out every None; `exclude_unset` only the Nones that the wire leaves out too
        (`tool_calls` of a message without calls, for one), not those it writes as `null` (`finish_reason`).
        """
        dumped = {}
        for name in self.__dataclass_fields__:
            value = getattr(self, name)
            if name.startswith("_"):
                continue
            if value is None and (exclude_none or (exclude_unset and name in self._omissible)):
                continue
            dumped[name] = _dump(value, exclude_none, exclude_unset)
        return dumped

    def model_dump_json(self, *, exclude_none: bool = False, exclude_unset: bool = False) -> str:
        """`model_dump` as JSON text, UTF-8 characters as they are."""
        return json.dumps(self.model_dump(exclude_none=exclude_none, exclude_unset=exclude_unset), ensure_ascii=False)


def _dump(value: Any, exclude_none: bool, exclude_unset: bool) -> Any:
    if isinstance(value, Record):
        return value.model_dump(exclude_none=exclude_none, exclude_unset=exclude_unset)
    if hasattr(value, "model_dump"):  # a pydantic model
        return value.model_dump(mode="json", exclude_none=exclude_none)
    if isinstance(value, list):
        return [_dump(item, exclude_none, exclude_unset) for item in value]
    return value


@dataclass
class PromptTokensDetails(Record):
    """`cached_tokens`: prompt tokens whose keys and values were reused rather than computed."""

    cached_tokens: int = 0


@dataclass
class CompletionUsage(Record):
    """Counts in tokens."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    prompt_tokens_details: PromptTokensDetails


@dataclass
class Function(Record):
    """A function and its arguments, a JSON object as text."""

    name: str
    arguments: str


@dataclass
class ToolCall(Record):
    """One complete call."""

    id: str
    function: Function
    type: Literal["function"] = "function"


@dataclass
class ChatCompletionMessage(Record):
    """What the assistant said: `content`, `tool_calls`, or both. May be appended to `messages` as it is."""

    _omissible = frozenset({"tool_calls", "reasoning_content"})

    content: str | None
    role: Literal["assistant"] = "assistant"
    tool_calls: list[ToolCall] | None = None
    refusal: str | None = None
    reasoning_content: str | None = None  # what the model thought before it answered


@dataclass
class TopLogprob(Record):
    """One of the likeliest tokens at a place: its text (U+FFFD for bytes that form no character), bytes, and natural
    log-probability."""

    token: str
    logprob: float
    bytes: list[int]


@dataclass
class ChatCompletionTokenLogprob(Record):
    """A generated token, with the likeliest ones at its place."""

    token: str
    logprob: float
    bytes: list[int]
    top_logprobs: list[TopLogprob]


@dataclass
class ChoiceLogprobs(Record):
    """The tokens of the content; tokens of tool calls and of stop strings are not listed."""

    content: list[ChatCompletionTokenLogprob]
    refusal: None = None


@dataclass
class Choice(Record):
    """The one answer."""

    message: ChatCompletionMessage
    finish_reason: FinishReason
    index: int = 0
    logprobs: ChoiceLogprobs | None = None


@dataclass
class ChatCompletion(Record):
    """A whole answer. `created` is in seconds since 1970.

    >>> usage = CompletionUsage(5, 1, 6, PromptTokensDetails(4))
    >>> answer = ChatCompletion("chatcmpl-1", 0, "electron", [Choice(ChatCompletionMessage("Hi"), "stop")], usage)
    >>> answer.choices[0].message.content, answer.usage.prompt_tokens_details.cached_tokens
    ('Hi', 4)
    """

    id: str
    created: int
    model: str
    choices: list[Choice]
    usage: CompletionUsage
    object: Literal["chat.completion"] = "chat.completion"
    _request_id: str | None = field(default=None, repr=False, compare=False)


@dataclass
class ChoiceDeltaToolCallFunction(Record):
    """`name` comes with the first delta of a call, `arguments` in fragments."""

    _omissible = frozenset({"name", "arguments"})

    arguments: str | None = None
    name: str | None = None


@dataclass
class ChoiceDeltaToolCall(Record):
    """A piece of call number `index`; `id` and `type` come once."""

    _omissible = frozenset({"id", "function", "type"})

    index: int
    id: str | None = None
    function: ChoiceDeltaToolCallFunction | None = None
    type: Literal["function"] | None = None


@dataclass
class ChoiceDelta(Record):
    """What a chunk adds to the message."""

    _omissible = frozenset({"content", "role", "tool_calls", "refusal", "reasoning_content"})

    content: str | None = None
    role: Literal["assistant"] | None = None
    tool_calls: list[ChoiceDeltaToolCall] | None = None
    refusal: str | None = None
    reasoning_content: str | None = None


@dataclass
class ChunkChoice(Record):
    """The one answer, as far as this chunk carries it."""

    _omissible = frozenset({"logprobs"})

    delta: ChoiceDelta
    finish_reason: FinishReason | None = None
    index: int = 0
    logprobs: ChoiceLogprobs | None = None


@dataclass
class ChatCompletionChunk(Record):
    """One piece of a streamed answer; the usage chunk has no choices.

    >>> chunk = ChatCompletionChunk("chatcmpl-1", 0, "electron", [ChunkChoice(ChoiceDelta(content="Hi"))])
    >>> chunk.model_dump(exclude_unset=True)["choices"]
    [{'delta': {'content': 'Hi'}, 'finish_reason': None, 'index': 0}]
    """

    _omissible = frozenset({"usage"})

    id: str
    created: int
    model: str
    choices: list[ChunkChoice]
    usage: CompletionUsage | None = None
    object: Literal["chat.completion.chunk"] = "chat.completion.chunk"
    _request_id: str | None = field(default=None, repr=False, compare=False)


@dataclass
class ModelCard(Record):
    """A model that the runtime serves. `created` is in seconds since 1970."""

    id: str
    created: int
    object: Literal["model"] = "model"
    owned_by: str = "electron_local"


@dataclass
class ModelList(Record):
    """What `models.list()` gives; iterates over the models."""

    data: list[ModelCard]
    object: Literal["list"] = "list"

    def __iter__(self) -> Iterator[ModelCard]:
        return iter(self.data)
