"""A bare libllama loop under one fixed choice of threads, waiting and attention, in a process of its own."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from bare_llama import BareLlama
from electron_local.waiting import WAITING_VARIABLES


@dataclass(frozen=True)
class FixedChoice:
    """`flash_attention`: None leaves it to libllama. `waiting`: OMP_WAIT_POLICY; None: the runtime's own."""

    name: str
    n_threads: int
    flash_attention: bool | None
    waiting: str | None = None
    n_batch: int = 512

    @property
    def n_threads_batch(self) -> int:
        return self.n_threads

    def start(self, model: Path, n_ctx: int) -> BareLlama:
        """The loop, which waits to be asked."""
        environment = {name: value for name, value in os.environ.items() if name not in WAITING_VARIABLES}
        if self.waiting is not None:
            environment["OMP_WAIT_POLICY"] = self.waiting
        return BareLlama(model, n_ctx, self, environment)
