"""The HTTP and WebSocket doors: `chat.wire` and `voice.Session` on Starlette and uvicorn (extra `server`).

Around them keys and tokens, limits, metrics, an access log.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from electron_local.errors import MissingDependencyError

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from electron_local.audio_api.path import AudioPath
    from electron_local.chat.completions import ChatPath
    from electron_local.server.options import ServerOptions
    from electron_local.server.session_source import SessionSource

__all__ = ["create_app", "require_packages"]


def create_app(
    path: ChatPath,
    options: ServerOptions | None = None,
    *,
    audio: AudioPath | None = None,
    sessions: SessionSource | None = None,
) -> Starlette:
    """The ASGI application over one chat path, for a server of your own. Raises MissingDependencyError.

    `audio`: the path of speech and transcripts (`client.audio_path`); None: one of the default engines. `sessions`
    makes the voice sessions of the WebSocket; None: over the chat path, with the engines of `audio`.

    >>> from electron_local import Electron
    >>> with Electron() as client:
    ...     app = create_app(client.chat_path)
    >>> [route.path for route in app.routes][:2]
    ['/health', '/metrics']
    """
    require_packages()
    from electron_local.server.app import build_app
    from electron_local.server.options import ServerOptions

    return build_app(path, options or ServerOptions(), audio, sessions)


def require_packages() -> None:
    """Raise MissingDependencyError unless Starlette and uvicorn are installed."""
    missing = [name for name in ("starlette", "uvicorn", "websockets") if find_spec(name) is None]
    if missing:
        raise MissingDependencyError(
            f"the HTTP server needs {' and '.join(missing)}: pip install 'electron-local[server]'"
        )
