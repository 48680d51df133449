"""A client over a scripted engine, and what its chunks add up to."""

from __future__ import annotations

from electron_local.client import Electron
from fakes import FakeEngine

USER = {"role": "user", "content": "Hello"}
TOOLS = [{"type": "function", "function": {"name": name, "parameters": {}}} for name in ("set_timer", "stop")]
TIMER = '<tool_call>\n{"name": "set_timer", "arguments": {"minutes": 5}}\n</tool_call>'
STOP = '<tool_call>\n{"name": "stop", "arguments": {}}\n</tool_call>'


def client_of(*replies, **options):
    return Electron(engine=FakeEngine(replies or ("Hello there.",), **options))


def create(client, **fields):
    return client.chat.completions.create(model="electron", messages=[USER], **fields)


def stream(client, **fields):
    return list(create(client, stream=True, **fields))


def joined(chunks):
    """The message that the deltas add up to."""
    message = {"role": None, "content": None, "tool_calls": []}
    for choice in (choice for chunk in chunks for choice in chunk.choices):
        delta = choice.delta
        message["role"] = message["role"] or delta.role
        if delta.content is not None:
            message["content"] = (message["content"] or "") + delta.content
        for call in delta.tool_calls or []:
            if call.id:
                assert call.index == len(message["tool_calls"]) and call.type == "function"
                message["tool_calls"].append({"id": call.id, "name": call.function.name, "arguments": ""})
            else:
                assert call.function.name is None and call.type is None
            message["tool_calls"][call.index]["arguments"] += call.function.arguments
    return message
