"""Builds one answer out of the model's text: chunks while it comes, the whole at the end. Pure: no engine, no clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from electron_local.chat.reasoning import AnswerEvent, ReasoningDelta
from electron_local.chat.stop_strings import StopFound
from electron_local.chat.tools import ArgumentsDelta, CallEnded, CallStarted, ContentDelta
from electron_local.chat.types import (
    ChatCompletion,
    ChatCompletionChunk,
    ChatCompletionMessage,
    ChatCompletionTokenLogprob,
    Choice,
    ChoiceDelta,
    ChoiceDeltaToolCall,
    ChoiceDeltaToolCallFunction,
    ChoiceLogprobs,
    ChunkChoice,
    CompletionUsage,
    FinishReason,
    Function,
    ToolCall,
)


@dataclass(frozen=True)
class AnswerHead:
    """What every chunk and the completion repeat. `created` is in seconds since 1970."""

    id: str
    created: int
    model: str
    request_id: str | None = None


@dataclass
class _Call:
    id: str
    name: str
    arguments: list[str] = field(default_factory=list)
    is_complete: bool = False


class AnswerParser(Protocol):
    """A ToolParser, or one that tells thoughts apart too, or ends at stop strings."""

    def push(self, text: str) -> Sequence[AnswerEvent | StopFound]:
        """Take more of the answer; return what is certain by now."""

    def finish(self, *, truncated: bool) -> Sequence[AnswerEvent | StopFound]:
        """End the answer."""


class AnswerBuilder:
    """Takes text, gives chunks. Owned by one answer.

    The role comes once, in the first chunk; the finish reason in a chunk of its own with an empty delta; usage, when
    asked for, in a last chunk without choices. `parser` None: all text is content.
    """

    def __init__(
        self,
        head: AnswerHead,
        *,
        parser: AnswerParser | None = None,
        parallel_tool_calls: bool = True,
        include_usage: bool = False,
        has_logprobs: bool = False,
    ) -> None:
        self._head = head
        self._parser = parser
        self._parallel = parallel_tool_calls
        self._include_usage = include_usage
        self._content: list[str] = []
        self._reasoning: list[str] = []
        self._logprobs: list[ChatCompletionTokenLogprob] | None = [] if has_logprobs else None  # of the content so far
        self._next_logprobs: list[ChatCompletionTokenLogprob] = []  # of text that may become content
        self._calls: list[_Call] = []
        self._has_role = False
        self._is_stopped = False
        self._finish_reason: FinishReason = "stop"
        self._usage: CompletionUsage | None = None

    @property
    def is_enough(self) -> bool:
        """True at a stop string, and when the only call that may be made is complete: what follows does not count."""
        return self._is_stopped or (not self._parallel and any(call.is_complete for call in self._calls))

    def push(self, text: str, logprob: ChatCompletionTokenLogprob | None = None) -> list[ChatCompletionChunk]:
        """Take more of the model's text, with the token that brought it where log-probabilities are asked for."""
        if self.is_enough:
            return []
        if logprob is not None:
            self._next_logprobs.append(logprob)
        if not text:
            return []
        return self._take(self._parser.push(text) if self._parser else [ContentDelta(text)])

    def finish(self, reason: str, usage: CompletionUsage) -> list[ChatCompletionChunk]:
        """End the answer; `reason` is the engine's: `stop`, `length`, or `cancelled` once it is enough."""
        chunks: list[ChatCompletionChunk] = []
        if self._parser and not self.is_enough:
            chunks += self._take(self._parser.finish(truncated=reason == "length"))
        self._usage = usage
        is_cut = reason == "length" and not self.is_enough
        has_calls = any(call.is_complete for call in self._calls)
        self._finish_reason = "length" if is_cut else "tool_calls" if has_calls else "stop"
        chunks += self._with_role(ChoiceDelta(), content="")
        chunks[-1].choices[0].finish_reason = self._finish_reason
        if self._include_usage:
            chunks.append(self._chunk([], usage))
        return chunks

    def completion(self) -> ChatCompletion:
        """The whole answer; only after `finish`. Calls that are not complete are left out."""
        if self._usage is None:
            raise RuntimeError("the answer is not finished")
        calls = [
            ToolCall(call.id, Function(call.name, "".join(call.arguments))) for call in self._calls if call.is_complete
        ]
        content = "".join(self._content)
        message = ChatCompletionMessage(
            None if calls and not content else content,
            tool_calls=calls or None,
            reasoning_content="".join(self._reasoning) or None,
        )
        head = self._head
        logprobs = None if self._logprobs is None else ChoiceLogprobs(self._logprobs)
        choice = Choice(message, self._finish_reason, logprobs=logprobs)
        return ChatCompletion(head.id, head.created, head.model, [choice], self._usage, _request_id=head.request_id)

    def _take(self, events: Sequence[AnswerEvent | StopFound]) -> list[ChatCompletionChunk]:
        chunks: list[ChatCompletionChunk] = []
        for event in events:
            if self.is_enough:
                break
            if isinstance(event, ContentDelta):
                self._content.append(event.text)
                chunks += self._with_role(ChoiceDelta(content=event.text), content="")
                self._attach_logprobs(chunks[-1])
            elif isinstance(event, ReasoningDelta):
                self._reasoning.append(event.text)
                chunks += self._with_role(ChoiceDelta(reasoning_content=event.text), content=None)
                self._next_logprobs.clear()
            elif isinstance(event, CallStarted):
                self._calls.append(_Call(event.id, event.name))
                function = ChoiceDeltaToolCallFunction(arguments="", name=event.name)
                call = ChoiceDeltaToolCall(event.index, event.id, function, "function")
                chunks += self._with_role(ChoiceDelta(tool_calls=[call]), content=None)
            elif isinstance(event, ArgumentsDelta):
                self._calls[event.index].arguments.append(event.text)
                call = ChoiceDeltaToolCall(event.index, function=ChoiceDeltaToolCallFunction(arguments=event.text))
                chunks += self._with_role(ChoiceDelta(tool_calls=[call]), content=None)
            elif isinstance(event, CallEnded):
                self._calls[event.index].is_complete = True
                self._next_logprobs.clear()
            elif isinstance(event, StopFound):
                self._is_stopped = True
        return chunks

    def _attach_logprobs(self, chunk: ChatCompletionChunk) -> None:
        """Give the tokens that are waiting to the chunk whose text they brought."""
        if self._logprobs is not None and self._next_logprobs:
            chunk.choices[0].logprobs = ChoiceLogprobs(self._next_logprobs)
            self._logprobs += self._next_logprobs
            self._next_logprobs = []

    def _with_role(self, delta: ChoiceDelta, *, content: str | None) -> list[ChatCompletionChunk]:
        """A chunk with `delta`, behind the one with the role when that is still to come."""
        first = [] if self._has_role else [ChoiceDelta(role="assistant", content=content)]
        self._has_role = True
        return [self._chunk([ChunkChoice(each)]) for each in (*first, delta)]

    def _chunk(self, choices: list[ChunkChoice], usage: CompletionUsage | None = None) -> ChatCompletionChunk:
        head = self._head
        return ChatCompletionChunk(head.id, head.created, head.model, choices, usage, _request_id=head.request_id)
