"""An engine with scripted answers: everything above the engine runs without a model.

Obeys the interface of `electron_local.engine.Engine` and `Generation`. Its tokens are UTF-8 bytes, with one id for
each special token; its prefix cache is the longest common prefix with the last request, and is counted truly.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from types import SimpleNamespace

from electron_local.alternatives import Alternatives
from electron_local.engine import SamplingParams, Usage
from electron_local.errors import ContextLengthExceededError, OverloadedError
from electron_local.grammar import Constraint, Grammar

CONTROL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
SPECIAL = (*CONTROL, "<tool_call>", "</tool_call>")
N_BYTES = 256


@dataclass(frozen=True)
class TokenEvent:
    """As `_core.TokenEvent`."""

    text: str
    token: int = -1
    logprobs: SimpleNamespace | None = None  # `logprob`, and `top`: token ids with theirs


class FakeGeneration:
    """Yields the scripted reply; never waits. `n_read` events were taken."""

    def __init__(
        self, pieces: Sequence[str], params: SamplingParams, usage: Usage, n_room: int, hangs_after: int | None
    ) -> None:
        self._hangs_after = hangs_after
        self._pieces = list(pieces)
        self._params = params
        self._n_most = min(n_room, params.max_tokens or n_room)
        self.cancelled = False
        self.n_read = 0
        self.finish_reason: str | None = None
        self.usage = usage
        self._events = self._run()

    def __iter__(self) -> Iterator[TokenEvent]:
        return self._events

    async def __aiter__(self) -> AsyncIterator[TokenEvent]:
        for event in self._events:
            yield event
            if self.n_read == self._hangs_after:
                await asyncio.Event().wait()

    def cancel(self) -> None:
        self.cancelled = True

    def close(self) -> None:
        self.cancel()

    def wait(self) -> Usage:
        for _ in self:
            pass
        return self.usage

    def _run(self) -> Iterator[TokenEvent]:
        text, sent, reason = "", 0, "stop"
        for piece in self._pieces:
            if self.cancelled or self.n_read == self._n_most:
                reason = "cancelled" if self.cancelled else "length"
                break
            self.n_read += 1
            self.usage = replace(self.usage, completion_tokens=self.n_read)
            text += piece
            stop = _first_stop(text, self._params.stop)
            certain = len(text) - _n_held(text, self._params.stop) if stop is None else stop
            yield TokenEvent(text[sent : max(sent, certain)], N_BYTES, self._logprobs())
            sent = max(sent, certain)
            if stop is not None:
                text = text[:stop]
                break
        else:
            reason = "cancelled" if self.cancelled else "stop"
        if len(text) > sent and reason != "cancelled":
            yield TokenEvent(text[sent:])
        self.finish_reason = reason

    def _logprobs(self) -> SimpleNamespace | None:
        if not self._params.logprobs:
            return None
        top = [(token, -0.5 - token) for token in range(self._params.top_logprobs)]
        return SimpleNamespace(logprob=-0.5, top=top)


def _first_stop(text: str, stops: Sequence[str]) -> int | None:
    return min((text.index(stop) for stop in stops if stop in text), default=None)


def _n_held(text: str, stops: Sequence[str]) -> int:
    return max((n for stop in stops for n in range(1, len(stop)) if text.endswith(stop[:n])), default=0)


@dataclass
class FakeEngine:
    """Answers request number n with `replies[n]` (the last one again when they run out), `n_chars` a token.

    A reply may be a string or the list of its pieces, one a token. `prompts`, `params` and `generations` hold what
    was asked. `is_full` makes `submit` raise OverloadedError; `async for` waits for ever behind `hangs_after` tokens.
    """

    replies: Sequence[str | list[str]] = ("Hello.",)
    n_ctx: int = 8192
    n_chars: int = 3
    hangs_after: int | None = None
    chat_template: str | None = None
    name: str = "fake"
    judges_tools_alone: bool = False
    unknown_answer: str = ""
    is_full: bool = False
    is_closed: bool = False
    prompts: list[list[int]] = field(default_factory=list)
    prefills: list[tuple[list[int], bool, str | None]] = field(default_factory=list)
    params: list[SamplingParams] = field(default_factory=list)
    constraints: list[Constraint | None] = field(default_factory=list)
    alternatives: list[list[Alternatives]] = field(default_factory=list)
    generations: list[FakeGeneration] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._cached: list[int] = []
        self.model = SimpleNamespace(
            name=self.name,
            architecture="fake",
            n_ctx_train=self.n_ctx,
            n_vocab=N_BYTES + len(SPECIAL),
            n_params=0,
            size_bytes=0,
            chat_template=self.chat_template,
            bos_token="",
            eos_token="<|im_end|>",
            end_of_generation=[N_BYTES, N_BYTES + 2],
            control_tokens=list(CONTROL),
            user_defined_tokens=list(SPECIAL[len(CONTROL) :]),
            left_stripping_tokens=[],
            judges_tools_alone=self.judges_tools_alone,
            unknown_answer=self.unknown_answer,
        )

    def tokenize(self, text: str, *, add_special: bool = False, parse_special: bool = True) -> list[int]:
        known = SPECIAL if parse_special else SPECIAL[len(CONTROL) :]
        tokens: list[int] = []
        for part in re.split("(" + "|".join(map(re.escape, known)) + ")", text):
            tokens += [N_BYTES + SPECIAL.index(part)] if part in known else part.encode()
        return tokens

    def detokenize(self, tokens: Sequence[int], *, special: bool = False) -> str:
        shown = b""
        for token in tokens:
            if token < N_BYTES:
                shown += bytes([token])
            elif special or SPECIAL[token - N_BYTES] not in CONTROL:
                shown += SPECIAL[token - N_BYTES].encode()
        return shown.decode(errors="replace")

    def token_bytes(self, token: int) -> bytes:
        return bytes([token]) if token < N_BYTES else SPECIAL[token - N_BYTES].encode()

    def refusal(self, grammar: Grammar) -> str | None:
        return None

    def submit(
        self,
        tokens: Sequence[int],
        params: SamplingParams | None = None,
        *,
        constraint: Constraint | None = None,
        alternatives: Sequence[Alternatives] = (),
    ) -> FakeGeneration:
        """The reply as scripted: `constraints` and `alternatives` note what it should have kept to."""
        if self.is_full or self.is_closed:
            raise OverloadedError("the engine is closed" if self.is_closed else "the queue is full: 0 requests wait")
        self.constraints.append(constraint)
        self.alternatives.append(list(alternatives))
        params = params or SamplingParams()
        n_room = self.n_ctx - len(tokens)
        if n_room < (params.max_tokens or 1):
            raise ContextLengthExceededError(f"the prompt has {len(tokens)} tokens; the context holds {self.n_ctx}")
        reply = self.replies[min(len(self.prompts), len(self.replies) - 1)]
        pieces = [reply[i : i + self.n_chars] for i in range(0, len(reply), self.n_chars)]
        generation = FakeGeneration(
            reply if isinstance(reply, list) else [str(piece) for piece in pieces],
            params,
            self._read(tokens),
            n_room,
            self.hangs_after,
        )
        self.prompts.append(list(tokens))
        self.params.append(params)
        self.generations.append(generation)
        return generation

    def prefill(self, tokens: Sequence[int], *, pin: bool = False, conversation: str | None = None) -> Usage:
        self.prefills.append((list(tokens), pin, conversation))
        return self._read(tokens)

    async def aprefill(self, tokens: Sequence[int], *, pin: bool = False, conversation: str | None = None) -> Usage:
        return self.prefill(tokens, pin=pin, conversation=conversation)

    def _read(self, tokens: Sequence[int]) -> Usage:
        n_cached = 0
        while n_cached < min(len(tokens) - 1, len(self._cached)) and tokens[n_cached] == self._cached[n_cached]:
            n_cached += 1
        self._cached = list(tokens)
        return Usage(prompt_tokens=len(tokens), cached_tokens=n_cached, completion_tokens=0)

    def stats(self) -> dict[str, int]:
        return {"requests": len(self.prompts)}

    def close(self) -> None:
        self.is_closed = True
        for generation in self.generations:
            generation.cancel()

    def __enter__(self) -> FakeEngine:
        return self

    def __exit__(self, *args: object) -> None:
        self.close()
