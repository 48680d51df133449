"""The resources of a client, named as the OpenAI SDK names them: `chat.completions` and `models`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal, overload

from electron_local.chat.completions import ChatPath
from electron_local.chat.likeliest import Likeliest
from electron_local.chat.parsed import ParsedChatCompletion, T, parse_answer, request_for
from electron_local.chat.streams import AsyncChatStream, ChatStream
from electron_local.chat.types import ChatCompletion, CompletionUsage, ModelList

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from electron_local.chat.options import ChatOptions, ParseOptions

OpenPath = Callable[[], ChatPath]  # raises when the client is closed


class Chat:
    """Namespace for `completions`."""

    def __init__(self, path: OpenPath) -> None:
        self.completions = Completions(path)


class Completions:
    """Chat completions. Any thread may call."""

    def __init__(self, path: OpenPath) -> None:
        self._path = path

    @overload
    def create(
        self, *, model: str, messages: Sequence[Any], stream: Literal[True], **options: Unpack[ChatOptions]
    ) -> ChatStream: ...
    @overload
    def create(
        self,
        *,
        model: str,
        messages: Sequence[Any],
        stream: Literal[False] | None = None,
        **options: Unpack[ChatOptions],
    ) -> ChatCompletion: ...
    @overload
    def create(
        self, *, model: str, messages: Sequence[Any], stream: bool | None, **options: Unpack[ChatOptions]
    ) -> ChatCompletion | ChatStream: ...
    def create(self, **request: Any) -> ChatCompletion | ChatStream:
        """Answer a conversation; with `stream=True` in chunks. Fields and limits: `chat/request.py`.

        Raises BadRequestError with every broken rule in `details`, NotFoundError for an unknown model,
        ContextLengthExceededError, and OverloadedError when the queue is full. `timeout` is the time in seconds that
        the whole answer may take; DeadlineExceededError ends it then, also in the middle of a stream.

        JSON and tool calls are brought to their end within `max_tokens`: when the tokens left only just suffice, open
        texts and brackets are closed and the finish reason is `stop` or `tool_calls`, though a text may be cut short.
        `length` is left for forms that so few tokens cannot hold.
        """
        timeout_s = request.pop("timeout", None)
        answer = self._path().start(request, timeout_s=timeout_s)
        return ChatStream(answer) if answer.request.stream else answer.complete()

    def parse(
        self, *, model: str, messages: Sequence[Any], response_format: type[T], **options: Unpack[ParseOptions]
    ) -> ParsedChatCompletion[T]:
        """Answer with an instance of a pydantic model: `choices[0].message.parsed`. Options as for `create`.

        Raises what `create` raises, BadRequestError with its path for a schema that cannot be enforced, and
        LengthFinishReasonError when tokens run out before the answer has ended.
        """
        timeout_s = options.pop("timeout", None)
        request = request_for(response_format, {"model": model, "messages": messages, **options})
        return parse_answer(self._path().start(request, timeout_s=timeout_s).complete(), response_format)

    def prefill(
        self,
        *,
        messages: Sequence[Any],
        tools: Sequence[Any] | None = None,
        model: str | None = None,
        filler: Literal["auto", "off"] | None = None,
        pin: bool = True,
        conversation: str | None = None,
    ) -> CompletionUsage:
        """Read a conversation's beginning into the cache and generate nothing; what continues it starts sooner.

        `pin`: what every conversation with these instructions and tools begins with is evicted after everything else,
        and kept on disk where the client has a `cache_dir`. `conversation`: a name of the caller's; a later prefill of
        the same name cancels this one, evaluates only what changed and frees the cells of the old tail (transcripts
        that are still being corrected). The counts are those of the tokens read; `cached_tokens` were there already.
        """
        body = {"messages": messages, "tools": tools, "model": model, "filler": filler}
        return self._path().prefill(body, pin=pin, conversation=conversation)

    def end_of_turn(
        self, *, messages: Sequence[Any], tools: Sequence[Any] | None = None, model: str | None = None
    ) -> float | None:
        """How likely the last message, what a user has said so far, is complete: 0.0 to 1.0, by the model itself.

        None where the model's template does not close a message with a control token. Reads the messages into the
        cache as `prefill` does. Worth asking where `client.judges_end_of_turn`.
        """
        return self._path().end_of_turn({"messages": messages, "tools": tools, "model": model})

    def likeliest(
        self,
        *,
        messages: Sequence[Any],
        texts: Sequence[str],
        priors: Sequence[float],
        tools: Sequence[Any] | None = None,
        model: str | None = None,
        n_most: int = 32,
    ) -> Likeliest | None:
        """Which of `texts` a user has said, where the last message has one of them: prior + log-probability decide.

        `priors` are natural logarithms, such as a recogniser's scores times the weight that they deserve beside the
        model. At most `n_most` tokens are evaluated, one a step; the first text stays where that does not suffice.
        None where the model's template does not close the message with a control token.
        """
        body = {"messages": messages, "tools": tools, "model": model}
        return self._path().likeliest(body, texts=texts, priors=priors, n_most=n_most)


class Models:
    """The models that this client serves."""

    def __init__(self, path: OpenPath) -> None:
        self._path = path

    def list(self) -> ModelList:
        """The names that `model` may have."""
        return self._path().list_models()


class AsyncChat:
    """Namespace for `completions`."""

    def __init__(self, path: OpenPath) -> None:
        self.completions = AsyncCompletions(path)


class AsyncCompletions:
    """Chat completions, awaited."""

    def __init__(self, path: OpenPath) -> None:
        self._path = path

    @overload
    async def create(
        self, *, model: str, messages: Sequence[Any], stream: Literal[True], **options: Unpack[ChatOptions]
    ) -> AsyncChatStream: ...
    @overload
    async def create(
        self,
        *,
        model: str,
        messages: Sequence[Any],
        stream: Literal[False] | None = None,
        **options: Unpack[ChatOptions],
    ) -> ChatCompletion: ...
    @overload
    async def create(
        self, *, model: str, messages: Sequence[Any], stream: bool | None, **options: Unpack[ChatOptions]
    ) -> ChatCompletion | AsyncChatStream: ...
    async def create(self, **request: Any) -> ChatCompletion | AsyncChatStream:
        """Answer a conversation; see `Completions.create`. Cancelling the task cancels the computation."""
        timeout_s = request.pop("timeout", None)
        answer = self._path().start(request, timeout_s=timeout_s)
        return AsyncChatStream(answer) if answer.request.stream else await answer.acomplete()

    async def parse(
        self, *, model: str, messages: Sequence[Any], response_format: type[T], **options: Unpack[ParseOptions]
    ) -> ParsedChatCompletion[T]:
        """Answer with an instance of a pydantic model; see `Completions.parse`."""
        timeout_s = options.pop("timeout", None)
        request = request_for(response_format, {"model": model, "messages": messages, **options})
        return parse_answer(await self._path().start(request, timeout_s=timeout_s).acomplete(), response_format)

    async def prefill(
        self,
        *,
        messages: Sequence[Any],
        tools: Sequence[Any] | None = None,
        model: str | None = None,
        filler: Literal["auto", "off"] | None = None,
        pin: bool = True,
        conversation: str | None = None,
    ) -> CompletionUsage:
        """Read a conversation's beginning into the cache; see `Completions.prefill`. Cancelling the task stops it."""
        body = {"messages": messages, "tools": tools, "model": model, "filler": filler}
        return await self._path().aprefill(body, pin=pin, conversation=conversation)


class AsyncModels:
    """The models that this client serves."""

    def __init__(self, path: OpenPath) -> None:
        self._path = path

    async def list(self) -> ModelList:
        """The names that `model` may have."""
        return self._path().list_models()
