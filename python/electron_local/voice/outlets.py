"""What the parts of a conversation act through."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from electron_local.voice.item_chain import Emit, ItemChain
from electron_local.voice.runtime import Runtime
from electron_local.voice.tool_runner import ToolRunner
from electron_local.voice.worker import Worker


@dataclass(frozen=True)
class Outlets:
    """Shared by what the conversation thread owns.

    Attributes:
        jobs: the response thread.
        tool_runner: None when the user of the session runs the tools.
    """

    runtime: Runtime
    now_ms: Callable[[], float]
    emit: Emit
    chain: ItemChain
    jobs: Worker
    tool_runner: ToolRunner | None
