"""The access log: one JSON object a line for each request. Never prompts, answers, keys or query strings."""

from __future__ import annotations

import json
import logging
import time
from dataclasses import dataclass
from typing import Any

LOGGER = logging.getLogger("electron_local.access")
MAX_PATH_CHARS = 200


@dataclass
class AccessRecord:
    """One request or WebSocket, filled in while it is answered.

    `status` 499: the client left before an answer began; 101: the WebSocket was open for as long as `ms` says. `ended`
    is one of a fixed set: complete, disconnected, stalled, shutdown, failed; of a WebSocket also idle, full.
    """

    request_id: str
    method: str
    path: str
    client: str | None = None
    caller: str | None = None  # the key's name; None: it had none
    status: int = 499
    ended: str = "complete"
    prompt_tokens: int | None = None
    cached_tokens: int | None = None
    completion_tokens: int | None = None

    def line(self, *, ms: float, at: float) -> str:
        """The record as JSON, ASCII; `at` in seconds since 1970."""
        fields: dict[str, Any] = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at)) + f".{int(at % 1 * 1000):03d}Z",
            "request_id": self.request_id,
            "method": self.method,
            "path": self.path[:MAX_PATH_CHARS],
            "status": self.status,
            "ms": round(ms, 1),
            "ended": self.ended,
            "client": self.client,
            "key": self.caller,
        }
        if self.prompt_tokens is not None:
            fields["prompt_tokens"] = self.prompt_tokens
            fields["cached_tokens"] = self.cached_tokens
            fields["completion_tokens"] = self.completion_tokens
        return json.dumps(fields)

    def write(self, *, ms: float) -> None:
        """Log the line, at INFO."""
        LOGGER.info("%s", self.line(ms=ms, at=time.time()))
