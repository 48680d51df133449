"""uvicorn with a shutdown that lets running answers finish, for a limited time."""

from __future__ import annotations

import asyncio
import logging
import math
import signal
import socket
from functools import partial
from types import FrameType
from typing import Any, cast

import uvicorn
from starlette.applications import Starlette

from electron_local.server.chat_endpoint import ChatEndpoint
from electron_local.server.options import ServerOptions
from electron_local.server.protocol import DeadlineProtocol
from electron_local.server.websocket_protocol import WebSocketProtocol

IDLE_TIMEOUT_S = 60  # an idle kept-alive connection is closed
MAX_FRAME_BYTES = 16 * 2**20  # a longer one closes the socket with 1009
PARTING_S = 5  # what is left to a cut answer for saying so


class Server(uvicorn.Server):
    """Serves one application until SIGINT or SIGTERM, or until `should_exit` is set.

    Then no connection is accepted any more; running answers get `shutdown_s` to finish, and what is left is cut
    with an error that says so. A second SIGINT does not wait.
    """

    def __init__(self, app: Starlette, options: ServerOptions) -> None:
        http = partial(DeadlineProtocol, max_connections=options.max_connections, send_timeout_s=options.send_timeout_s)
        super().__init__(
            uvicorn.Config(
                app,
                http=cast(Any, http),
                ws=WebSocketProtocol,
                ws_max_size=MAX_FRAME_BYTES,
                ws_ping_interval=options.ping_s,
                ws_ping_timeout=options.ping_s,
                ws_per_message_deflate=False,
                lifespan="off",
                log_config=None,
                log_level=logging.WARNING,
                access_log=False,
                server_header=False,
                timeout_keep_alive=IDLE_TIMEOUT_S,
                timeout_graceful_shutdown=math.ceil(options.shutdown_s) + PARTING_S,
            )
        )
        self._chat: ChatEndpoint = app.state.chat
        self._shutdown_s = options.shutdown_s

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """A signal came. It is not raised again after the shutdown, so the process ends with its own status."""
        if self.should_exit and sig == signal.SIGINT:
            self.force_exit = True
            self._chat.abort_all()
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Finish."""
        limit = asyncio.get_running_loop().call_later(self._shutdown_s, self._chat.abort_all)
        try:
            await super().shutdown(sockets)
        finally:
            limit.cancel()


def serve(app: Starlette, listener: socket.socket, options: ServerOptions) -> None:
    """Serve on `listener` until told to stop; closes it. Any thread, but only the main one hears signals."""
    Server(app, options).run(sockets=[listener])
