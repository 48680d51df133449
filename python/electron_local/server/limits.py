"""Plans: how many requests a key may make in a minute, and how many at once."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from electron_local.errors import RateLimitError

WINDOW_S = 60.0


@dataclass(frozen=True)
class Plan:
    """Limits of one key; None: no limit."""

    name: str
    n_per_minute: int | None = None
    n_concurrent: int | None = None


PLANS = {
    plan.name: plan
    for plan in (Plan("none"), Plan("standard", 10, 3), Plan("enterprise", 200, 20))  # PROTOCOL §1, Errors
}


@dataclass
class _Caller:
    """One key's requests: when those of the last minute were admitted, and how many run."""

    admitted_at: deque[float] = field(default_factory=deque)
    n_running: int = 0


class RateLimiter:
    """Counts each caller's requests over a sliding minute. Owned by the event loop; one thread calls.

    `clock` gives seconds that never go back. Refused requests do not count.

    >>> limiter = RateLimiter(Plan("small", n_per_minute=1), clock=lambda: 0.0)
    >>> limiter.admit("key-1")
    >>> limiter.admit("key-1")
    Traceback (most recent call last):
    electron_local.errors.RateLimitError: the plan small allows 1 requests a minute; try again in 60 s
    """

    def __init__(self, plan: Plan, clock: Callable[[], float] = time.monotonic) -> None:
        self._plan = plan
        self._clock = clock
        self._callers: dict[str, _Caller] = {}

    def admit(self, caller: str) -> None:
        """Let a request of `caller` begin; `release` must follow. Raises RateLimitError, then not."""
        plan, now = self._plan, self._clock()
        state = self._callers.setdefault(caller, _Caller())
        if plan.n_concurrent is not None and state.n_running >= plan.n_concurrent:
            raise RateLimitError(
                f"the plan {plan.name} allows {plan.n_concurrent} requests at once; try again when one has ended",
                code="concurrency_limit_exceeded",
                retry_after_s=1,
            )
        if plan.n_per_minute is not None:
            while state.admitted_at and now - state.admitted_at[0] >= WINDOW_S:
                state.admitted_at.popleft()
            if len(state.admitted_at) >= plan.n_per_minute:
                wait_s = max(1, math.ceil(state.admitted_at[0] + WINDOW_S - now))
                raise RateLimitError(
                    f"the plan {plan.name} allows {plan.n_per_minute} requests a minute; try again in {wait_s} s",
                    retry_after_s=wait_s,
                )
            state.admitted_at.append(now)
        state.n_running += 1

    def release(self, caller: str) -> None:
        """A request that was admitted has ended."""
        self._callers[caller].n_running -= 1
