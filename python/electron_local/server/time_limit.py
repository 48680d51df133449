"""Work of the event loop that may take only so long."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


async def within(timeout_s: float, work: Coroutine[Any, Any, T]) -> T:
    """What `work` returns or raises; after `timeout_s` it is cancelled, and asyncio.TimeoutError raised.

    A cancellation of the caller always gets through: before Python 3.12, `asyncio.wait_for` loses one that comes with
    the work's end.

    >>> asyncio.run(within(20, asyncio.sleep(0, "done")))
    'done'
    """
    task = asyncio.ensure_future(work)
    try:
        await asyncio.wait({task}, timeout=timeout_s)
    except asyncio.CancelledError:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        raise
    if not task.done():
        task.cancel()
        await asyncio.wait({task})
    if task.cancelled():
        raise asyncio.TimeoutError
    return task.result()
