"""Reads a session's instructions and tools into the model's cache before the first turn asks for them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from electron_local.voice.config import SessionConfig, chat_tools
from electron_local.voice.events import WarningIssued

logger = logging.getLogger(__name__)


def run_prefill(client: Any, config: SessionConfig, post: Callable[[WarningIssued], None]) -> None:
    """Prefill if `client.chat.completions` can; a failure costs only the first turn's time and is a warning."""
    prefill = getattr(client.chat.completions, "prefill", None)
    if prefill is None or config.generate_initial_response:
        return
    messages = [{"role": "system", "content": config.instructions}]
    try:
        prefill(messages=messages, tools=chat_tools(config.tools) or None, model=config.model)
    except Exception as error:
        logger.warning("prefill failed: %s", error, exc_info=error)
        post(WarningIssued(code="prefill_failed", message=str(error)))
