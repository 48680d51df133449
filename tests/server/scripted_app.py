"""The HTTP door over a scripted engine, and what its answers hold."""

from __future__ import annotations

from electron_local.chat.completions import ChatPath
from electron_local.server import create_app
from electron_local.server.options import ServerOptions
from fakes import FakeEngine

CHAT = {"model": "electron", "messages": [{"role": "user", "content": "secret prompt"}]}
STREAM = {**CHAT, "stream": True}


def app_of(*replies, hangs_after=None, is_full=False, **options):
    engine = FakeEngine(replies or ("Hello there.",), hangs_after=hangs_after, is_full=is_full)
    return create_app(ChatPath(engine), ServerOptions(**options)), engine


def events(body):
    """The data of an event stream, comments left out."""
    blocks = body.decode().split("\n\n")
    assert blocks.pop() == ""
    assert all(block.startswith(("data: ", ": ")) and "\n" not in block for block in blocks)
    return [block.removeprefix("data: ") for block in blocks if block.startswith("data: ")]


def the_error(response):
    return response.json["error"]
