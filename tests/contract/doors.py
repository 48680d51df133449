"""The doors to the chat path over one engine, each giving its answer as a status with JSON or a list of chunks."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import dataclass
from typing import Any

from electron_local.client import Electron
from electron_local.errors import APIError
from electron_local.openai import OpenAI
from electron_local.server.app import build_app
from electron_local.server.options import ServerOptions

_RANDOM = re.compile(r"(chatcmpl-|req_|call_)[0-9a-f]{24}")
_VOLATILE = {"created": 0}


@dataclass(frozen=True)
class Outcome:
    """`body`: the answer, the error, or the list of chunks; without what differs from one time to the next."""

    status: int
    body: Any


def through_client(body: dict[str, Any], engine: Any) -> Outcome:
    client = Electron(engine=engine)
    try:
        answer = client.chat.completions.create(**body)
        if body.get("stream"):
            return Outcome(200, _plain([chunk.model_dump(exclude_unset=True) for chunk in answer]))
        return Outcome(200, _plain(answer.model_dump(exclude_unset=True)))
    except APIError as error:
        return Outcome(error.status_code, _plain(error.body()))


def through_sdk_transport(body: Any, engine: Any) -> Outcome:
    """The SDK's own HTTP client, with the header it sends; its pydantic classes would drop what they do not know."""
    sdk = OpenAI(Electron(engine=engine))
    answer = sdk._client.post("http://in-process/v1/chat/completions", content=_json(body))
    return _received(answer.status_code, answer.headers, answer.content)


def through_http(body: Any, engine: Any) -> Outcome:
    app = build_app(Electron(engine=engine).chat_path, ServerOptions())
    return asyncio.run(_post(app, _json(body)))


DOORS = (through_client, through_sdk_transport, through_http)


def agreed(*outcomes: Outcome) -> Outcome:
    """The one outcome that all doors had."""
    for outcome in outcomes:
        assert outcome == outcomes[0]
    return outcomes[0]


async def _post(app: Any, body: bytes) -> Outcome:
    from asgi import call

    answer = await call(app, "POST", "/v1/chat/completions", body)
    return _received(answer.status, answer.headers, answer.body)


def _json(body: Any) -> bytes:
    return body if isinstance(body, bytes) else json.dumps(body).encode()


def _received(status: int, headers: Any, content: bytes) -> Outcome:
    assert headers["x-request-id"].startswith("req_")
    if headers["content-type"].startswith("text/event-stream"):
        events = content.decode().removesuffix("\n\n").split("\n\n")
        assert events.pop() == "data: [DONE]"
        return Outcome(status, _plain([json.loads(event.removeprefix("data: ")) for event in events]))
    return Outcome(status, _plain(json.loads(content)))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {key: _VOLATILE.get(key, _plain(item)) for key, item in value.items()}
        return {key: item for key, item in kept.items() if not (key == "usage" and item is None)}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return _RANDOM.sub(r"\1…", value) if isinstance(value, str) else value
