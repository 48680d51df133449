"""Calls an ASGI application without a socket: every message either way is in the test's hands."""

from __future__ import annotations

import asyncio
import json


class Call:
    """One request in a task of its own. `body` is one part or the list of parts; `None` in it: never ends."""

    def __init__(self, app, method="GET", path="/", body=b"", headers=None):
        self._received = asyncio.Queue()
        self.sent = asyncio.Queue()
        self.status = None
        self.headers = {}
        self.body = b""
        parts = body if isinstance(body, list) else [body]
        for index, part in enumerate(parts):
            if part is not None:
                more = index + 1 < len(parts)
                self._received.put_nowait({"type": "http.request", "body": part, "more_body": more})
        raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in (headers or {}).items()]
        scope = {
            "type": "http",
            "method": method,
            "path": path.partition("?")[0],
            "query_string": path.partition("?")[2].encode(),
            "headers": raw,
            "client": ("127.0.0.1", 5),
        }
        self.task = asyncio.create_task(app(scope, self._received.get, self._send))

    async def _send(self, message):
        if message["type"] == "http.response.start":
            assert self.status is None
            self.status = message["status"]
            self.headers = {name.decode(): value.decode("latin-1") for name, value in message["headers"]}
        else:
            self.body += message["body"]
        self.sent.put_nowait(message)

    def disconnect(self):
        self._received.put_nowait({"type": "http.disconnect"})

    async def until(self, text):
        """Wait until `text` was sent."""
        while text not in self.body:
            await self.sent.get()

    async def end(self):
        await self.task
        return self

    @property
    def json(self):
        return json.loads(self.body)


def run(coroutine):
    """A test's coroutine, with a limit that only a hanging one meets."""
    return asyncio.run(asyncio.wait_for(coroutine, 30))


async def call(app, *args, **kwargs):
    """One whole request."""
    return await Call(app, *args, **kwargs).end()


def post(app, body, headers=None, path="/v1/chat/completions", kind=call):
    """A POST of JSON, or of bytes as they are."""
    raw = body if isinstance(body, bytes | list) else json.dumps(body).encode()
    return kind(app, "POST", path, raw, headers)
