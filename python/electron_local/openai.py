"""The official `openai` SDK over a client of this process: `OpenAI` and `AsyncOpenAI`.

Requests and answers pass through `chat.wire` in memory; no socket is opened. Needs the extra `openai`.
"""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import TYPE_CHECKING, Any, Protocol

from electron_local.audio_api.path import AudioPath
from electron_local.audio_api.wire import AudioWire
from electron_local.chat.completions import ChatPath
from electron_local.chat.wire import Wire
from electron_local.chat.wire_transport import AsyncTransport, Transport
from electron_local.errors import InvalidArgumentError, MissingDependencyError

if TYPE_CHECKING:
    import openai

BASE_URL = "http://in-process/v1"  # never resolved


class Client(Protocol):
    """What `Electron` and `AsyncElectron` have in common."""

    @property
    def chat_path(self) -> ChatPath:
        """The chat path; raises OverloadedError once the client is closed."""

    @property
    def audio_path(self) -> AudioPath:
        """The path of speech and transcripts; raises likewise."""


def OpenAI(client: Client, **options: Any) -> openai.OpenAI:
    """Return the SDK's own `openai.OpenAI`, answering from `client`.

    `options` are those of `openai.OpenAI`. `max_retries` is 0 unless given: what timed out here would do so again.
    Closing the SDK's client leaves `client` open; closing `client` makes every request a 503.

    Raises:
        MissingDependencyError: the package `openai` is not installed.
        InvalidArgumentError: `client` is of another kind, or `http_client` is among the options.

    >>> from electron_local import Electron
    >>> with Electron() as client:
    ...     answer = OpenAI(client).chat.completions.create(
    ...         model="electron", messages=[{"role": "user", "content": "hello"}], max_tokens=4
    ...     )
    >>> type(answer).__module__, answer.choices[0].message.role
    ('openai.types.chat.chat_completion', 'assistant')
    """
    sdk = _import_sdk()
    options = _checked(client, options)
    transport = Transport(lambda: _wire(client), _httpx_of(sdk.DefaultHttpxClient))
    http_client = sdk.DefaultHttpxClient(transport=transport, trust_env=False)
    made: openai.OpenAI = sdk.OpenAI(**options, http_client=http_client)
    return made


def AsyncOpenAI(client: Client, **options: Any) -> openai.AsyncOpenAI:
    """Return the SDK's own `openai.AsyncOpenAI`, answering from `client`; for asyncio. See `OpenAI`.

    >>> import asyncio
    >>> from electron_local import AsyncElectron
    >>> async def ask():
    ...     async with AsyncElectron() as client:
    ...         return await AsyncOpenAI(client).models.list()
    >>> asyncio.run(ask()).data[0].id
    'electron'
    """
    sdk = _import_sdk()
    options = _checked(client, options)
    transport = AsyncTransport(lambda: _wire(client), _httpx_of(sdk.DefaultAsyncHttpxClient))
    http_client = sdk.DefaultAsyncHttpxClient(transport=transport, trust_env=False)
    made: openai.AsyncOpenAI = sdk.AsyncOpenAI(**options, http_client=http_client)
    return made


def _wire(client: Client) -> Wire:
    return Wire(client.chat_path, others=AudioWire(client.audio_path))


def _import_sdk() -> Any:
    try:
        return importlib.import_module("openai")
    except ImportError as error:
        raise MissingDependencyError(
            f"the openai SDK is needed: pip install 'electron-local[openai]' ({error})"
        ) from error


def _checked(client: object, options: dict[str, Any]) -> dict[str, Any]:
    if not hasattr(type(client), "chat_path"):
        raise InvalidArgumentError(f"client must be an Electron or an AsyncElectron, not {type(client).__name__}")
    if "http_client" in options:
        raise InvalidArgumentError("http_client cannot be given: requests are answered in this process")
    return {"api_key": "in-process", "base_url": BASE_URL, "max_retries": 0, **options}


def _httpx_of(client_class: type) -> ModuleType:
    """The module that the SDK's HTTP client comes from: `httpx2` since SDK 3, `httpx` before."""
    base = next(each for each in client_class.__mro__ if each.__name__ in ("Client", "AsyncClient"))
    return importlib.import_module(base.__module__.partition(".")[0])
