"""WebSockets by uvicorn and websockets: their limits, and an end to connections whose client does not answer."""

from __future__ import annotations

import asyncio

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

PARTING_S = 5.0


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """One WebSocket. `PARTING_S` after the application is done with it, it is cut, however much was not taken yet."""

    def on_task_complete(self, task: asyncio.Task[None]) -> None:
        """The application has returned."""
        super().on_task_complete(task)
        self.loop.call_later(PARTING_S, self.transport.abort)
