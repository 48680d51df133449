"""What is measured, one function a part of the table. Each yields a `Measurement` as soon as it is known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from electron_local.engine import Engine
from electron_local.measure.prompts import Prompts
from electron_local.measure.report import SESSIONS, Measurement
from electron_local.measure.streams import timed_cancel, timed_stream, timed_together

COLD, WARM = "cold first token", "warm first token"
PREFILL, DECODE = "prefill", "decode"
CANCEL_PREFILL, CANCEL_DECODE = "cancel in prefill", "cancel in decode"
_RATE = "tokens/s"
_LONG_ANSWERS = 8  # an answer that is cancelled must not end before


@dataclass(frozen=True)
class Plan:
    """How much is measured. Depths and sessions that the context has no room for are left out."""

    depths: tuple[int, ...] = (128, 512, 1024, 2048, 4096)  # tokens
    n_sessions: tuple[int, ...] = (1, 2, 4, 8)
    n_runs: int = 5
    n_new: int = 20  # tokens behind a cached prompt
    n_decode: int = 64  # tokens of an answer
    session_depth: int = 64  # tokens of a session's own prompt
    n_cancels: int = 10


QUICK = Plan(depths=(128, 1024), n_sessions=(1, 4), n_runs=2, n_decode=32, n_cancels=3)


def measure_depths(engine: Engine, prompts: Prompts, plan: Plan) -> Iterator[Measurement]:
    """First token, prefill and decode behind prompts of growing length."""
    room = plan.n_new + plan.n_decode
    for depth in (depth for depth in plan.depths if depth + room <= engine.n_ctx):
        cold, warm, prefill, decode = [], [], [], []
        for _ in range(plan.n_runs):
            prompt = prompts.fresh(depth)
            first = timed_stream(engine, prompt, prompts.answer(plan.n_decode))
            longer = prompts.extended(prompt, plan.n_new)
            second = timed_stream(engine, longer, prompts.answer(1))
            cold.append(first.first_s * 1e3)
            warm.append(second.first_s * 1e3)
            prefill.append((depth - first.cached_tokens) / first.first_s)
            decode.append((first.n_tokens - 1) / first.rest_s)
        yield Measurement(COLD, depth, "ms", tuple(cold))
        yield Measurement(WARM, depth, "ms", tuple(warm))
        yield Measurement(PREFILL, depth, _RATE, tuple(prefill), higher_is_better=True)
        yield Measurement(DECODE, depth, _RATE, tuple(decode), higher_is_better=True)


def measure_sessions(engine: Engine, prompts: Prompts, plan: Plan) -> Iterator[Measurement]:
    """Tokens a second of several sessions at once, all together."""
    if plan.session_depth + plan.n_decode > engine.n_ctx:
        return
    for n_sessions in (n for n in plan.n_sessions if n <= engine.settings.n_parallel):
        rates = []
        for _ in range(plan.n_runs):
            requests = [(prompts.fresh(plan.session_depth), prompts.answer(plan.n_decode)) for _ in range(n_sessions)]
            rates.append(timed_together(engine, requests))
        yield Measurement(SESSIONS, n_sessions, _RATE, tuple(rates), higher_is_better=True)


def measure_cancels(engine: Engine, prompts: Prompts, plan: Plan) -> Iterator[Measurement]:
    """Milliseconds from a cancel to the end of the request, amid a prompt and amid an answer."""
    room = plan.n_new + plan.n_decode
    depths = [depth for depth in plan.depths if depth + room <= engine.n_ctx]
    if not depths:
        return
    depth = depths[-1]
    whole = timed_stream(engine, prompts.fresh(depth), prompts.answer(plan.n_decode))
    in_prefill, in_decode = [], []
    for run in range(plan.n_cancels):
        share = (run + 1) / (plan.n_cancels + 1)
        in_prefill.append(timed_cancel(engine, prompts.fresh(depth), prompts.answer(1), share * whole.first_s))
        prompt = prompts.fresh(plan.session_depth)
        engine.prefill(prompt)
        longest = min(_LONG_ANSWERS * plan.n_decode, engine.n_ctx - len(prompt))
        in_decode.append(timed_cancel(engine, prompt, prompts.answer(longest), share * whole.rest_s))
    for group, found in ((CANCEL_PREFILL, in_prefill), (CANCEL_DECODE, in_decode)):
        values = tuple(seconds * 1e3 for seconds in found if seconds is not None)
        if values:
            yield Measurement(group, depth if group == CANCEL_PREFILL else None, "ms", values)
