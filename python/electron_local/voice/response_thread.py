"""Body of the response thread: whatever the model is asked, one job after the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from electron_local.voice.choosing import ChoiceJob, run_choice
from electron_local.voice.generation import ChatClient, GenerationJob, run_generation
from electron_local.voice.judging import JudgeJob, run_judging
from electron_local.voice.prefill import PrefillJob, run_prefill
from electron_local.voice.runtime import Mailbox
from electron_local.voice.voicing import Voicing


def run_responses(
    jobs: Mailbox,
    client: ChatClient,
    voicing: Voicing,
    *,
    early_clause: bool,
    now_ms: Callable[[], float],
    post: Callable[[Any], None],
) -> None:
    """Take jobs until anything else comes."""
    while isinstance(job := jobs.get(), ChoiceJob | GenerationJob | JudgeJob | PrefillJob):
        if isinstance(job, JudgeJob):
            run_judging(job, client, post)
        elif isinstance(job, ChoiceJob):
            run_choice(job, client, now_ms, post)
        elif isinstance(job, PrefillJob):
            run_prefill(job, client, now_ms, post)
        elif not job.is_cancelled:
            run_generation(job, client, voicing, post, early_clause=early_clause)
