"""The thread count that is fastest right now, on a machine that others use too."""

from __future__ import annotations

import time

import torch


class Pace:
    """Tries each thread count for a few steps, then keeps the fastest for a while, again and again."""

    def __init__(self, choices: tuple[int, ...] = (2,), trial_steps: int = 6, keep_steps: int = 80) -> None:
        self.choices, self.trial_steps, self.keep_steps = choices, trial_steps, keep_steps
        self.step, self.tokens, self.since = 0, 0, time.time()
        self.speeds: list[float] = []
        torch.set_num_threads(choices[0])

    def after_step(self, n_tokens: int) -> None:
        """Count a step of `n_tokens`; may change torch's thread count."""
        self.step, self.tokens = self.step + 1, self.tokens + n_tokens
        if self.step < (self.trial_steps if len(self.speeds) < len(self.choices) else self.keep_steps):
            return
        if len(self.speeds) < len(self.choices):
            self.speeds.append(self.tokens / (time.time() - self.since))
        else:
            self.speeds = []
        if len(self.speeds) < len(self.choices):
            torch.set_num_threads(self.choices[len(self.speeds)])
        else:
            torch.set_num_threads(self.choices[self.speeds.index(max(self.speeds))])
        self.step, self.tokens, self.since = 0, 0, time.time()
