"""A running answer: reads the engine's events to the end, whole or in chunks."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import AsyncGenerator, Generator
from dataclasses import replace
from typing import Any, cast

from electron_local.chat.answer_builder import AnswerBuilder, AnswerHead, AnswerParser
from electron_local.chat.logprobs import Logprobs
from electron_local.chat.request import ChatRequest
from electron_local.chat.request_ids import tagged
from electron_local.chat.types import ChatCompletion, ChatCompletionChunk, CompletionUsage, PromptTokensDetails
from electron_local.engine import Generation, Usage
from electron_local.errors import OverloadedError

logger = logging.getLogger("electron_local")


class Answer:
    """One running answer: take it whole or in chunks, once. One reader; `cancel` from any thread."""

    def __init__(
        self,
        request: ChatRequest,
        generation: Generation,
        parser: AnswerParser | None,
        request_id: str,
        logprobs: Logprobs | None = None,
    ) -> None:
        self.request = request
        self.request_id = request_id
        self._generation = generation
        self._logprobs = logprobs
        self._head = AnswerHead("chatcmpl-" + os.urandom(12).hex(), int(time.time()), request.model, request_id)
        self._builder = AnswerBuilder(
            self._head,
            parser=parser,
            parallel_tool_calls=request.parallel_tool_calls,
            include_usage=request.include_usage,
            has_logprobs=logprobs is not None,
        )
        self._is_cancelled = False
        self._n_taken = 0  # tokens of the answer; the engine may be ahead

    @property
    def usage(self) -> Usage:
        """Tokens so far; final once the answer has ended. What the engine computes behind a stop string, or behind the
        only call that may be made, until it learns of them, is no part of the answer."""
        usage: Usage = self._generation.usage
        return replace(usage, completion_tokens=self._n_taken) if self._builder.is_enough else usage

    def cancel(self) -> None:
        """Stop the computation; the chunks end. Idempotent."""
        self._is_cancelled = True
        self._generation.cancel()

    def complete(self) -> ChatCompletion:
        """Wait for the whole answer."""
        for _ in self.chunks():
            pass
        return self._builder.completion()

    async def acomplete(self) -> ChatCompletion:
        """`complete`, awaited; cancelling the task cancels the computation."""
        async for _ in self.achunks():
            pass
        return self._builder.completion()

    def chunks(self) -> Generator[ChatCompletionChunk, None, None]:
        """The answer as it comes. Leaving the generator cancels the computation."""
        with tagged(self.request_id):
            try:
                for event in self._generation:
                    yield from self._push(event)
                yield from self._finish()
            finally:
                self._generation.cancel()

    async def achunks(self) -> AsyncGenerator[ChatCompletionChunk, None]:
        """`chunks` for `async for`."""
        with tagged(self.request_id):
            events = cast(AsyncGenerator[Any, None], aiter(self._generation))
            try:
                async for event in events:
                    for chunk in self._push(event):
                        yield chunk
                for chunk in self._finish():
                    yield chunk
            finally:
                self._generation.cancel()
                await events.aclose()

    def _push(self, event: Any) -> list[ChatCompletionChunk]:
        if not self._builder.is_enough:
            self._n_taken += event.token >= 0
        logprob = self._logprobs.of(event) if self._logprobs and event.token >= 0 else None
        chunks = self._builder.push(event.text, logprob)
        if self._builder.is_enough:
            self._generation.cancel()
        return chunks

    def _finish(self) -> list[ChatCompletionChunk]:
        usage, reason = self.usage, self._generation.finish_reason or "stop"
        logger.info(
            "%s: %s, %d prompt tokens (%d cached), %d completion tokens, user %r",
            self.request_id,
            reason,
            usage.prompt_tokens,
            usage.cached_tokens,
            usage.completion_tokens,
            self.request.user,
        )
        if reason == "cancelled" and not self._builder.is_enough:
            if self._is_cancelled:
                return []
            raise OverloadedError("the engine was closed while it generated this answer")
        return self._builder.finish(reason, wire_usage(usage))


def wire_usage(usage: Usage) -> CompletionUsage:
    """The engine's counts in the API's shape."""
    return CompletionUsage(
        prompt_tokens=usage.prompt_tokens,
        completion_tokens=usage.completion_tokens,
        total_tokens=usage.prompt_tokens + usage.completion_tokens,
        prompt_tokens_details=PromptTokensDetails(usage.cached_tokens),
    )
