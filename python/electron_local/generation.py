"""One request: how its tokens are chosen, and how they come out."""

from __future__ import annotations

import logging
import os
from collections import deque
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Literal, cast

from electron_local import _core
from electron_local.errors import InvalidArgumentError, OverloadedError

logger = logging.getLogger("electron_local")
_LIBLLAMA_LEVELS = {2: logging.DEBUG, 3: logging.DEBUG, 4: logging.WARNING}  # ggml info, warning, error
_LEAST_OWN_LEVEL = 20
_POLL_MS = 200
_MAX_WAKES = 4096  # bytes, one an event

FinishReason = Literal["stop", "length", "cancelled"]


@dataclass(frozen=True)
class SamplingParams:
    """How tokens are chosen. Order: logit bias, penalties, temperature, top-k, top-p, min-p, draw."""

    temperature: float = 1.0  # 0: the most likely token
    top_p: float = 1.0
    top_k: int = 0  # 0: all
    min_p: float = 0.0
    seed: int | None = None  # None: a fresh one; taken modulo 2**64
    max_tokens: int | None = None  # None: what is left of the context
    stop: Sequence[str] = ()
    presence_penalty: float = 0.0
    frequency_penalty: float = 0.0
    repeat_penalty: float = 1.0
    logit_bias: Mapping[int, float] = field(default_factory=dict)
    logprobs: bool = False  # report each token's log-probability, before temperature, penalties and grammar
    top_logprobs: int = 0  # and those of so many likeliest tokens
    shown_tokens: Sequence[int] = ()  # control tokens whose text is part of the output
    deadline_s: float | None = None  # from submission; an answer that is not complete then ends in an error

    def to_core(self) -> _core.SamplingParams:
        """The core's form of it."""
        if isinstance(self.stop, str):
            raise InvalidArgumentError(f"stop must be a list of strings, got the string {self.stop!r}")
        if self.deadline_s is not None and not isinstance(self.deadline_s, int | float):
            raise InvalidArgumentError(f"deadline_s must be a number of seconds, got {self.deadline_s!r}")
        if isinstance(self.deadline_s, int) and self.deadline_s.bit_length() > 64:  # no float may hold it
            raise InvalidArgumentError("deadline_s must be between 0 and 1e9")
        changed = {
            "seed": None if self.seed is None else self.seed % 2**64,
            "stop": list(self.stop),
            "logit_bias": list(self.logit_bias.items()),
            "shown_tokens": list(self.shown_tokens),
        }
        core = _core.SamplingParams()
        for each in fields(self):
            setattr(core, each.name, changed[each.name] if each.name in changed else getattr(self, each.name))
        return core


@dataclass(frozen=True)
class Usage:
    """Token counts of one request. `cached_tokens` of the prompt were reused, not evaluated."""

    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int


class Generation:
    """One request in the engine: iterate it (plainly or with `async for`) for its `_core.TokenEvent`s.

    Each event has `text` (whole characters, possibly none), `token` (-1 when only held-back text is released) and,
    when asked for, `logprobs` (`logprob`, and `top`: token ids with theirs, best first).
    After the last one, `finish_reason` and `usage` are set. One reader at a time; `cancel` from any thread. A forked
    child is refused with OverloadedError, also in the middle.
    """

    def __init__(self, core: _core.Generation) -> None:
        self._core = core
        self._pid = os.getpid()
        self._ready: deque[_core.TokenEvent] = deque()

    def __iter__(self) -> Iterator[_core.TokenEvent]:
        while True:
            while self._ready:
                yield self._ready.popleft()
            self._check_process()
            if self._core.done:
                self._core.next(0)  # raises what ended the request badly
                forward_log()
                return
            self._ready.extend(self._core.next(_POLL_MS))

    async def __aiter__(self) -> AsyncIterator[_core.TokenEvent]:
        import asyncio

        loop = asyncio.get_running_loop()
        self._check_process()
        read_fd, write_fd = os.pipe()
        os.set_blocking(read_fd, False)
        os.set_blocking(write_fd, False)
        wake = asyncio.Event()

        def on_ready() -> None:
            os.read(read_fd, _MAX_WAKES)  # what is left beyond that calls again
            wake.set()

        loop.add_reader(read_fd, on_ready)
        try:
            self._core.notify(write_fd)  # from now on every event writes a byte
            self._ready.extend(self._core.next(0))
            while True:
                while self._ready:
                    yield self._ready.popleft()
                self._check_process()
                if self._core.done:
                    self._core.next(0)
                    forward_log()
                    return
                await wake.wait()
                wake.clear()
                self._ready.extend(self._core.next(0))
        finally:
            if os.getpid() == self._pid:  # a forked child shares the selector of the loop
                self._core.notify(-1)
                loop.remove_reader(read_fd)
            os.close(read_fd)
            os.close(write_fd)

    def _check_process(self) -> None:
        if os.getpid() != self._pid:
            raise OverloadedError("this request was made before a fork: only the parent process can read it")

    def cancel(self) -> None:
        """Ask the engine to stop; what was generated until then still arrives. Idempotent."""
        self._core.cancel()

    def close(self) -> None:
        """Cancel and throw away what is left."""
        self.cancel()
        self._ready.clear()

    def wait(self) -> Usage:
        """Drop the events, return the counts. Raises what ended the request badly."""
        for _ in self:
            pass
        return self.usage

    async def await_end(self) -> Usage:
        """`wait`, awaited. A task that is cancelled here cancels the request."""
        try:
            async for _ in self:
                pass
        finally:
            self.cancel()
        return self.usage

    @property
    def finish_reason(self) -> FinishReason | None:
        """Why it ended; None while it runs."""
        return cast("FinishReason | None", self._core.finish_reason)

    @property
    def usage(self) -> Usage:
        """Token counts; final once `finish_reason` is set."""
        usage = self._core.usage
        return Usage(usage.prompt_tokens, usage.cached_tokens, usage.completion_tokens)


def forward_log() -> None:
    """Hand the core's log lines to logging: they come from threads that must not call Python."""
    for level, text in _core.drain_log():
        if level >= _LEAST_OWN_LEVEL:
            logger.log(level, "%s", text)
        else:
            logger.log(_LIBLLAMA_LEVELS.get(level, logging.DEBUG), "libllama: %s", text)
