"""Time limits: work that ends, work that does not, and callers that are cancelled."""

from __future__ import annotations

import asyncio

import pytest
from asgi import run

from electron_local.server.time_limit import within


def test_work_that_ends_and_work_that_does_not():
    async def fail():
        raise KeyError("here")

    async def scenario():
        assert await within(20, asyncio.sleep(0, 7)) == 7
        with pytest.raises(KeyError, match="here"):
            await within(20, fail())
        with pytest.raises(asyncio.TimeoutError):
            await within(0.01, asyncio.Event().wait())

    run(scenario())


@pytest.mark.parametrize("ends", [False, True])
def test_a_cancellation_is_never_lost(ends):
    async def scenario():
        may_end = asyncio.Event()
        limited = asyncio.create_task(within(20, may_end.wait()))
        await asyncio.sleep(0.01)
        if ends:
            may_end.set()
            await asyncio.sleep(0)  # the work is done, and its waiter does not know yet
        limited.cancel()
        with pytest.raises(asyncio.CancelledError):
            await limited

    run(scenario())
