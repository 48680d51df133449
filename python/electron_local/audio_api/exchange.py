"""One request for audio or a transcript under way, as `chat.wire` hands it to doors."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import ExitStack
from threading import Event

from electron_local.audio_api.path import AudioPath
from electron_local.chat.wire_exchange import BaseExchange
from electron_local.chat.wire_response import WireResponse, error_response
from electron_local.errors import OverloadedError

Job = Callable[["AudioExchange"], WireResponse]


class AudioExchange(BaseExchange):
    """Runs `job` in the caller's thread, or in the path's executor. The job's stream ends the request."""

    def __init__(self, job: Job, path: AudioPath, request_id: str, *, hears: bool, is_stream: bool = False) -> None:
        super().__init__(request_id)
        self.path = path
        self.cancelled = Event()
        self.held = ExitStack()  # given back when the answer has gone out
        self._job = job
        self._hears = hears
        self._is_stream = is_stream

    @property
    def is_stream(self) -> bool:
        """Whether the answer comes in events."""
        return self._is_stream

    def cancel(self) -> None:
        """Stop the work at its next piece. Idempotent; any thread."""
        self.cancelled.set()

    def respond(self) -> WireResponse:
        """Do the work, or its part up to the first piece of a stream."""
        try:
            self.held.enter_context(self.path.admitted(hears=self._hears))
            response = self._job(self)
            if self.cancelled.is_set() and response.stream is None:
                raise OverloadedError("the request was cancelled", code="cancelled")
        except Exception as error:
            self.held.close()
            return error_response(error, self.request_id)
        if response.stream is None:
            self.held.close()
        return response

    async def arespond(self) -> WireResponse:
        """`respond`, awaited; cancelling the task stops the work."""
        loop = asyncio.get_running_loop()
        try:
            running = loop.run_in_executor(self.path.executor, self.respond)
        except RuntimeError:  # the executor was shut down
            return error_response(OverloadedError("this client is closed"), self.request_id)
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            self.cancel()
            raise
